package io.gridset.client.channel;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/// A channel with the time at which a blocked call on it is cut off. Armed around each blocking
/// call by its user, fired by [DeadlineWatch]. Thread-safe.
public final class Guard implements AutoCloseable {
  private static final long DISARMED = 0;

  private final SocketChannel channel;
  private final DeadlineWatch watch;
  private final @Nullable Hearing hearing;
  private volatile long patienceNanos;
  private volatile long expiresAt = DISARMED;
  private volatile boolean expired;

  /// @param hearing of the other side, whose signs on other connections count; null for none
  Guard(SocketChannel channel, DeadlineWatch watch, @Nullable Hearing hearing) {
    this.channel = channel;
    this.watch = watch;
    this.hearing = hearing;
  }

  /// Arms it for a wait that the other side's signs elsewhere make longer.
  public void arm(long nanos, long patience) {
    patienceNanos = patience;
    arm(nanos);
  }

  /// From now on a call may block until `nanos`, by the watch's ticker.
  public void arm(long nanos) {
    expiresAt = nanos == DISARMED ? 1 : nanos;
    watch.wake();
  }

  /// The call is over.
  public void disarm() {
    expiresAt = DISARMED;
    patienceNanos = 0;
  }

  /// Whether the channel was closed since a call took too long.
  public boolean expired() {
    return expired;
  }

  boolean isArmed() {
    return expiresAt != DISARMED;
  }

  /// Closes the channel when its time has come.
  void check(long now) {
    long limit = expiresAt;
    if (limit != DISARMED && now - extended(limit) >= 0) {
      expired = true;
      close();
    }
  }

  private long extended(long limit) {
    long patience = patienceNanos;
    return hearing == null || patience == 0 ? limit : hearing.extended(limit, patience);
  }

  /// Closes the channel, which ends a blocked call; idempotent.
  @Override
  public void close() {
    watch.remove(this);
    try {
      channel.close();
    } catch (IOException e) {
      // The descriptor is gone either way, and there is nobody to tell.
      expiresAt = DISARMED;
    }
  }
}
