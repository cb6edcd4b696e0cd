package io.gridset.server.read;

import io.gridset.core.cache.BlockWriter;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Lands one block wherever there is room for it, and counts it. Takes the room when bytes are
/// about to come, not before: so many blocks may be asked for that they would fill a small tier.
final class FlightLanding implements BlockLanding, AutoCloseable {
  private final FlightCourse course;
  private final ReadStatistics statistics;
  private final Rooms rooms;
  private @Nullable BlockWriter writer;
  private @Nullable FlightOutcome ended;

  /// Finds room for the block.
  interface Rooms {
    Room take() throws StorageException;
  }

  /// Whether there is room.
  sealed interface Room {
    record Taken(BlockWriter writer) implements Room {}

    /// None is needed, or none is to be had.
    record Unneeded(FlightOutcome outcome) implements Room {}
  }

  FlightLanding(FlightCourse course, ReadStatistics statistics, Rooms rooms) {
    this.course = course;
    this.statistics = statistics;
    this.rooms = rooms;
  }

  @Override
  public void begin() throws StorageException {
    if (course.stage() != FlightCourse.Stage.FROM_ORIGIN) {
      statistics.peerAttempts.increment();
    }
    if (writer != null) {
      writer.restart();
      return;
    }
    switch (rooms.take()) {
      case Room.Taken(var taken) -> writer = taken;
      case Room.Unneeded(var outcome) -> {
        ended = outcome;
        throw StorageException.of(Kind.CANCELLED, "the block needs no bytes any more");
      }
    }
  }

  @Override
  public void accept(ByteBuffer bytes) throws StorageException {
    int count = bytes.remaining();
    BlockWriter to = begun();
    to.accept(bytes);
    if (course.stage() != FlightCourse.Stage.FROM_ORIGIN) {
      statistics.peer.add(count);
    }
    if (to instanceof BufferWriter) {
      statistics.readThrough.add(count);
    }
  }

  @Override
  public long landedBytes() {
    return begun().writtenBytes();
  }

  @Override
  public int crc32c() {
    return begun().crc32c();
  }

  /// How the flight ended without bytes; null when it did not.
  @Nullable FlightOutcome ended() {
    return ended;
  }

  /// Makes visible what has landed. A buffer comes with a reference for the caller.
  FlightOutcome publish() throws StorageException {
    BlockWriter filled = begun();
    filled.publish();
    return filled instanceof BufferWriter buffer
        ? new FlightOutcome.Buffered(buffer.published())
        : new FlightOutcome.Published();
  }

  @Override
  public void close() {
    if (writer != null) {
      writer.close();
    }
  }

  private BlockWriter begun() {
    BlockWriter begun = writer;
    if (begun == null) {
      throw new IllegalStateException("nothing has begun to land");
    }
    return begun;
  }
}
