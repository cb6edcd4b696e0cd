package io.gridset.server.store.range;

import io.gridset.client.channel.Guard;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;

/// One keep-alive connection with its read buffer. Used by one thread at a time; every call that
/// may block ends by the stall timeout or the request's deadline, whichever comes first.
final class Connection {
  private final Origin origin;
  private final Wire wire;
  private final Guard guard;
  private final ByteBuffer buffer;
  private final Duration stallTimeout;
  private final Ticker ticker;
  private final BodyBuffers bodies;
  private long deadline;
  private boolean heard;
  private int uses;
  private long idleSince;

  Connection(Origin origin, Wire wire, Guard guard, ByteBuffer buffer, Terms terms) {
    this.origin = origin;
    this.wire = wire;
    this.guard = guard;
    this.buffer = buffer.clear().limit(0);
    this.stallTimeout = terms.stallTimeout();
    this.ticker = terms.ticker();
    this.bodies = terms.bodies();
  }

  /// What the connections of a store share: how long to wait for a byte, the clock, buffers for
  /// long bodies.
  record Terms(Duration stallTimeout, Ticker ticker, BodyBuffers bodies) {}

  Origin origin() {
    return origin;
  }

  Guard guard() {
    return guard;
  }

  /// Unread bytes between position and limit.
  ByteBuffer buffer() {
    return buffer;
  }

  BodyBuffers bodies() {
    return bodies;
  }

  /// Whether the server may have closed this one while it was idle.
  boolean staleUnlessHeard() {
    return uses > 1 && !heard;
  }

  void markIdle(long now) {
    idleSince = now;
  }

  boolean idleLongerThan(Duration limit, long now) {
    return now - idleSince > limit.toNanos();
  }

  /// Sends a request that must be over by `deadline` (ticker time).
  void send(RequestHead head, long deadline) throws StorageException {
    this.deadline = deadline;
    this.heard = false;
    this.uses++;
    buffer.clear();
    head.writeTo(buffer);
    buffer.flip();
    arm();
    try {
      wire.writeFully(buffer);
    } catch (IOException e) {
      throw failure(e);
    } finally {
      guard.disarm();
    }
    buffer.clear().limit(0);
  }

  /// Replaces the consumed buffer's content by the next bytes; false at the end of the stream.
  boolean fill() throws StorageException {
    buffer.clear();
    try {
      return readInto(buffer);
    } finally {
      buffer.flip();
    }
  }

  /// Adds bytes behind the unread ones; false at the end of the stream.
  boolean append() throws StorageException {
    buffer.compact();
    try {
      return readInto(buffer);
    } finally {
      buffer.flip();
    }
  }

  /// Reads the next bytes into `target`, past this connection's own buffer, which must have been
  /// consumed or be `target`; false at the end of the stream.
  boolean readInto(ByteBuffer target) throws StorageException {
    arm();
    try {
      int count = wire.read(target);
      heard |= count > 0;
      return count >= 0;
    } catch (IOException e) {
      throw failure(e);
    } finally {
      guard.disarm();
    }
  }

  private void arm() throws StorageException {
    long now = ticker.nanos();
    if (now - deadline >= 0) {
      throw late();
    }
    long stallAt = now + stallTimeout.toNanos();
    guard.arm(stallAt - deadline < 0 ? stallAt : deadline);
  }

  private StorageException failure(IOException cause) {
    if (guard.expired()) {
      return ticker.nanos() - deadline >= 0
          ? late()
          : StorageException.retryable(
              Kind.TIMED_OUT, origin + " sent nothing for " + stallTimeout.toMillis() + " ms");
    }
    if (cause instanceof ClosedByInterruptException) {
      return StorageException.of(Kind.CANCELLED, "interrupted while reading from " + origin, cause);
    }
    return StorageException.retryable(
        Kind.UNAVAILABLE,
        "the connection to " + origin + " broke (" + cause.getMessage() + ")",
        cause);
  }

  private StorageException late() {
    return StorageException.retryable(
        Kind.TIMED_OUT, origin + " did not finish its answer before the request's deadline");
  }
}
