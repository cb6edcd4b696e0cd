package io.gridset.client.wire;

import java.io.IOException;
import java.nio.channels.SocketChannel;

/// A channel with the time at which a blocked call on it is cut off. Armed around each blocking
/// call by its user, fired by [DeadlineWatch].
final class Guard {
  private static final long DISARMED = 0;

  private final SocketChannel channel;
  private final DeadlineWatch watch;
  private volatile long expiresAt = DISARMED;
  private volatile boolean expired;

  Guard(SocketChannel channel, DeadlineWatch watch) {
    this.channel = channel;
    this.watch = watch;
  }

  void arm(long nanos) {
    expiresAt = nanos == DISARMED ? 1 : nanos;
    watch.wake();
  }

  void disarm() {
    expiresAt = DISARMED;
  }

  boolean expired() {
    return expired;
  }

  boolean isArmed() {
    return expiresAt != DISARMED;
  }

  /// Closes the channel when its time has come.
  void check(long now) {
    long limit = expiresAt;
    if (limit != DISARMED && now - limit >= 0) {
      expired = true;
      close();
    }
  }

  /// Ends a blocked call; idempotent.
  void close() {
    watch.remove(this);
    try {
      channel.close();
    } catch (IOException e) {
      // The descriptor is gone either way, and there is nobody to tell.
      expiresAt = DISARMED;
    }
  }
}
