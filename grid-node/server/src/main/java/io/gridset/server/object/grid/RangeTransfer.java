package io.gridset.server.object.grid;

import io.gridset.client.peer.BlockExchange;
import io.gridset.client.peer.BlockReply;
import io.gridset.client.peer.BlockRequest;
import io.gridset.client.peer.PeerAddress;
import io.gridset.client.peer.Peers;
import io.gridset.core.block.BlockLayout;
import io.gridset.core.object.Staging;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.object.ObjectRecord;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// The ranges of one object, several in flight, each checked when it has arrived and taken from
/// another holder when one fails. Used once.
final class RangeTransfer {
  /// Enough to fill a link while each in turn waits for an answer.
  private static final int IN_FLIGHT = 4;

  /// For an answer's first byte: a holder has the bytes at hand.
  private static final Duration ANSWER = Duration.ofSeconds(5);

  /// Longest wait for the next byte.
  private static final Duration STALL = Duration.ofSeconds(10);

  private final ObjectRecord record;
  private final Sources sources;
  private final Staging landing;
  private final BlockLayout layout;
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicReference<@Nullable StorageException> failure = new AtomicReference<>();

  /// Those that hold the object.
  interface Sources {
    /// @param turn different ones are spread over the holders
    /// @throws StorageException when nobody is left
    Source choose(int turn) throws StorageException;

    void failed(String id, StorageException failure);
  }

  /// One that holds it.
  record Source(String id, PeerAddress address, Peers peers) {}

  RangeTransfer(ObjectRecord record, Sources sources, Staging landing) {
    this.record = record;
    this.sources = sources;
    this.landing = landing;
    this.layout = ObjectRanges.layout(record.info().bytes());
  }

  /// Returns when all ranges have landed.
  void run() throws StorageException, InterruptedException {
    int lanes = Math.min(IN_FLIGHT, layout.blockCount());
    List<Thread> others = new ArrayList<>();
    for (int lane = 1; lane < lanes; lane++) {
      int turn = lane;
      others.add(Thread.ofVirtual().name("object-range-" + lane).start(() -> takeRanges(turn)));
    }
    takeRanges(0);
    for (Thread other : others) {
      other.join(); // Each of its waits has a limit.
    }
    StorageException failed = failure.get();
    if (failed != null) {
      throw failed;
    }
  }

  private void takeRanges(int turn) {
    try {
      for (int index = next.getAndIncrement();
          index < layout.blockCount() && failure.get() == null;
          index = next.getAndIncrement()) {
        takeRange(index, turn);
      }
    } catch (StorageException e) {
      boolean _ = failure.compareAndSet(null, e);
    } catch (RuntimeException e) {
      boolean _ =
          failure.compareAndSet(
              null, StorageException.of(Kind.UNAVAILABLE, "a range failed: " + e, e));
    }
  }

  private void takeRange(int index, int turn) throws StorageException {
    while (true) {
      Source source = sources.choose(turn);
      Arrival arrival = new Arrival(layout.range(index).offset());
      try {
        takeRange(source, ObjectRanges.request(record, index), arrival);
        return;
      } catch (StorageException e) {
        if (arrival.own != null) {
          throw arrival.own;
        }
        sources.failed(source.id(), e);
      }
    }
  }

  private void takeRange(Source source, BlockRequest request, Arrival arrival)
      throws StorageException {
    try (BlockExchange exchange = source.peers().ask(source.address(), request, ANSWER)) {
      BlockReply reply = exchange.next(ANSWER);
      while (reply instanceof BlockReply.AtIt) {
        reply = exchange.next(ANSWER);
      }
      switch (reply) {
        case BlockReply.Coming(int _, int crc32c) -> {
          exchange.receive(arrival::take, STALL);
          arrival.check(source, crc32c);
        }
        case BlockReply.Refused(StorageException refusal) -> throw refusal;
        case BlockReply.NotHeld() ->
            throw StorageException.of(Kind.NOT_FOUND, source.address() + " no longer holds it");
        case BlockReply.Silent() ->
            throw StorageException.retryable(
                Kind.TIMED_OUT,
                source.address() + " did not answer within " + ANSWER.toSeconds() + " s");
        case BlockReply.AtIt(), BlockReply.Elsewhere(String _) ->
            throw StorageException.of(Kind.CORRUPT, source.address() + " answered out of turn");
      }
    }
  }

  /// One range as it comes, straight into where it stays.
  private final class Arrival {
    private final CRC32C crc = new CRC32C();
    private long position;

    /// A failure of this node, which no other source would mend.
    private @Nullable StorageException own;

    Arrival(long position) {
      this.position = position;
    }

    void take(ByteBuffer bytes) throws StorageException {
      crc.update(bytes.duplicate());
      int length = bytes.remaining();
      try {
        landing.write(bytes, position);
      } catch (StorageException e) {
        own = e;
        throw e;
      }
      position += length;
    }

    void check(Source source, int expected) throws StorageException {
      if ((int) crc.getValue() != expected) {
        throw StorageException.of(
            Kind.CORRUPT,
            "a range of " + record.name() + " from " + source.address() + " has another checksum");
      }
    }
  }
}
