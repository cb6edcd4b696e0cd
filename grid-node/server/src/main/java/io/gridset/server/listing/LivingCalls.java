package io.gridset.server.listing;

import io.gridset.client.peer.PeerAddress;
import io.gridset.client.peer.Peers;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Calls to members that wait for a living one, however slow its origin is, and not for one that is
/// frozen or gone. Thread-safe.
final class LivingCalls {
  /// How long a member may be silent before it is asked whether it lives.
  private static final Duration SILENCE = Duration.ofMillis(500);

  /// Longest wait for one answer; a listing of 100 slow pages.
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /// Longest wait for answers that cost a member next to nothing.
  private static final Duration SHORT_PATIENCE = Duration.ofSeconds(2);

  private final Peers peers;

  LivingCalls(Peers peers) {
    this.peers = peers;
  }

  /// The answer; empty when the member is not there or does not know how.
  ///
  /// @throws StorageException CANCELLED when interrupted
  Optional<byte[]> call(PeerAddress member, String operation, byte[] request)
      throws StorageException {
    CompletableFuture<byte[]> answer = start(member, operation, request, PATIENCE);
    try {
      for (long waited = 0; waited < PATIENCE.toMillis(); waited += SILENCE.toMillis()) {
        try {
          return Optional.of(answer.get(SILENCE.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException _) {
          peers.ping(member, SILENCE);
        }
      }
    } catch (ExecutionException | StorageException _) {
      return Optional.empty(); // It is not there: the next in rank is asked.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw StorageException.of(Kind.CANCELLED, "interrupted while asking a member", e);
    }
    return Optional.empty();
  }

  /// The answers of those who answered soon.
  List<byte[]> callAll(List<PeerAddress> members, String operation, byte[] request) {
    List<CompletableFuture<byte[]>> asked = new ArrayList<>();
    for (PeerAddress member : members) {
      asked.add(start(member, operation, request, SHORT_PATIENCE));
    }
    List<byte[]> answers = new ArrayList<>();
    for (CompletableFuture<byte[]> each : asked) {
      try {
        answers.add(each.get(SHORT_PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
      } catch (ExecutionException | TimeoutException _) {
        // Does without.
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return answers;
      }
    }
    return answers;
  }

  private CompletableFuture<byte[]> start(
      PeerAddress member, String operation, byte[] request, Duration patience) {
    CompletableFuture<byte[]> answer = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("ask-" + operation)
        .start(
            () -> {
              try {
                answer.complete(peers.call(member, operation, request, patience));
              } catch (StorageException | RuntimeException e) {
                answer.completeExceptionally(e);
              }
            });
    return answer;
  }
}
