package io.gridset.server.peer;

import io.gridset.client.peer.PeerAddress;
import io.gridset.core.store.StorageException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which members are not worth asking now. One that was silent or refused a connection is suspect
/// for a while and pinged in the background; an answer clears it. Why beside Hazelcast's detector:
/// that needs 15 s, and each request would pay for the silence until then. Thread-safe.
final class PeerHealth {
  /// Twice what a long garbage collection or a switch's fail-over takes.
  static final Duration FIRST_SUSPICION = Duration.ofSeconds(2);

  /// By then the membership has usually noticed.
  static final Duration LONGEST_SUSPICION = Duration.ofSeconds(10);

  /// How soon a member that is back is used again.
  static final Duration PING_INTERVAL = Duration.ofMillis(250);

  /// Members pinged at once; those beyond come back when their time is over.
  static final int MAX_PINGED = 64;

  private static final Logger LOG = LoggerFactory.getLogger(PeerHealth.class);

  private final GridLinks links;
  private final Pause pause;
  private final Map<String, Suspicion> suspects = new ConcurrentHashMap<>();

  private final Consumer<String> onSuspect;
  private final Set<String> pinged = ConcurrentHashMap.newKeySet();

  private final AtomicLong changes = new AtomicLong();

  private record Suspicion(long untilNanos, Duration length) {}

  /// @param onSuspect told each time a member became suspect; must return at once
  PeerHealth(GridLinks links, Pause pause, Consumer<String> onSuspect) {
    this.links = links;
    this.pause = pause;
    this.onSuspect = onSuspect;
  }

  boolean isSuspect(String memberId) {
    Suspicion suspicion = suspects.get(memberId);
    return suspicion != null && suspicion.untilNanos() - links.ticker().nanos() > 0;
  }

  /// Differs whenever other members are suspect than before: then others act as homes.
  long changes() {
    return changes.get();
  }

  /// It was silent, or could not be reached.
  void suspect(String memberId) {
    if (suspects.get(memberId) == null) {
      changes.incrementAndGet();
      LOG.info("member {} does not answer; others are asked meanwhile", memberId);
    }
    lengthen(memberId);
    onSuspect.accept(memberId);
    if (pinged.size() < MAX_PINGED && pinged.add(memberId)) {
      Thread.ofVirtual().name("ping-" + memberId).start(() -> pingUntilItAnswers(memberId));
    }
  }

  /// It answered.
  void alive(String memberId) {
    if (!suspects.isEmpty() && suspects.remove(memberId) != null) {
      changes.incrementAndGet();
      LOG.info("member {} answers again", memberId);
    }
  }

  private void lengthen(String memberId) {
    long now = links.ticker().nanos();
    suspects.compute(
        memberId,
        (_, before) -> {
          if (before != null && before.untilNanos() - now > 0) {
            return before;
          }
          Duration length =
              before == null ? FIRST_SUSPICION : shorter(before.length().multipliedBy(2));
          return new Suspicion(now + length.toNanos(), length);
        });
  }

  /// A ping was in vain: nobody is to try it again with a read before the next pings.
  private void renew(String memberId) {
    long until = links.ticker().nanos() + FIRST_SUSPICION.toNanos();
    suspects.computeIfPresent(
        memberId,
        (_, before) ->
            before.untilNanos() - until > 0 ? before : new Suspicion(until, before.length()));
  }

  private static Duration shorter(Duration length) {
    return length.compareTo(LONGEST_SUSPICION) < 0 ? length : LONGEST_SUSPICION;
  }

  private void pingUntilItAnswers(String memberId) {
    try {
      while (suspects.containsKey(memberId) && !pause.await(PING_INTERVAL)) {
        Optional<PeerAddress> address = links.address(memberId);
        if (address.isEmpty() || answers(address.get())) {
          alive(memberId); // Or it left.
        } else {
          renew(memberId);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      pinged.remove(memberId);
    }
  }

  private boolean answers(PeerAddress address) {
    try {
      links.peers().ping(address, PING_INTERVAL);
      return true;
    } catch (StorageException e) {
      return false;
    }
  }
}
