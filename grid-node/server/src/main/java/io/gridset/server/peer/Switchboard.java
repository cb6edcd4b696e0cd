package io.gridset.server.peer;

import io.gridset.client.peer.BlockExchange;
import io.gridset.client.peer.BlockRequest;
import io.gridset.client.peer.PeerAddress;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.read.FlightCourse;
import io.gridset.server.read.RequestGate;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/// Connects flights with members, as many at once as the members' gates allow.
record Switchboard(GridLinks links, PeerHealth health, MemberGates gates) {
  /// A request that was sent, with its place.
  record Call(BlockExchange exchange, RequestGate.Permit permit) implements AutoCloseable {
    @Override
    public void close() {
      exchange.close();
      permit.close();
    }
  }

  /// How long to wait, and whether at all.
  ///
  /// @param queue longest wait for a place
  record Terms(FlightCourse course, BooleanSupplier wanted, Duration queue) {}

  /// Sends a request when there is a place for it. Empty when it was not wanted any more, or the
  /// member became suspect meanwhile; one that is suspect to begin with is tried all the same.
  ///
  /// @throws StorageException UNAVAILABLE when it cannot be reached; TIMED_OUT when no place came
  ///   free
  Optional<Call> call(String member, BlockRequest request, Terms terms) throws StorageException {
    PeerAddress address =
        links
            .address(member)
            .orElseThrow(
                () -> StorageException.of(Kind.UNAVAILABLE, "member " + member + " is gone"));
    boolean tryIt = health.isSuspect(member);
    BooleanSupplier wanted =
        () -> terms.wanted().getAsBoolean() && (tryIt || !health.isSuspect(member));
    RequestGate gate =
        request.mode() == BlockRequest.Mode.IF_HELD ? gates.taking(member) : gates.asking(member);
    Optional<RequestGate.Permit> permit;
    try (FlightCourse.Watch _ = terms.course().watch(gate::reconsider)) {
      permit = gate.enterWhile(wanted, 0, terms.course()::priority, terms.queue());
    }
    if (permit.isEmpty()) {
      return Optional.empty();
    }
    try {
      BlockExchange exchange = links.peers().ask(address, request, Conversation.SILENCE);
      return Optional.of(new Call(exchange, permit.get()));
    } catch (StorageException | RuntimeException e) {
      permit.get().close();
      throw e;
    }
  }
}
