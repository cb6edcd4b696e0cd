package io.gridset.client.wire;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.ByteBuffer;
import java.time.Duration;

/// A failure as a frame, so that who asked learns what the member learned: the kind, whether
/// another attempt may help, the message.
public final class Refusal {
  /// Messages beyond it are cut.
  private static final int MESSAGE_LIMIT = 1000;

  private static final long NO_TIME = -1;

  private Refusal() {}

  public static ByteBuffer encode(StorageException failure) {
    String message = String.valueOf(failure.getMessage());
    return FrameWriter.of(FrameType.REFUSED)
        .writeText(failure.kind().name())
        .writeByte(failure.retryable() ? 1 : 0)
        .writeLong(failure.retryAfter().map(Duration::toMillis).orElse(NO_TIME))
        .writeText(message.substring(0, Math.min(message.length(), MESSAGE_LIMIT)))
        .finish();
  }

  /// @param who sent it, put ahead of the message
  /// @throws StorageException CORRUPT when it is none
  public static StorageException decode(Frame frame, String who) throws StorageException {
    String kindName = frame.readText();
    int retryable = frame.readByte();
    long retryAfter = frame.readLong();
    String message = who + ": " + frame.readText();
    frame.end();
    Kind kind = kind(kindName);
    if (kind == Kind.THROTTLED) {
      return StorageException.throttled(
          message, retryAfter == NO_TIME ? null : Duration.ofMillis(retryAfter));
    }
    return retryable == 0
        ? StorageException.of(kind, message)
        : StorageException.retryable(kind, message);
  }

  /// One that a newer member knows is at least a failure.
  private static Kind kind(String name) {
    for (Kind kind : Kind.values()) {
      if (kind.name().equals(name)) {
        return kind;
      }
    }
    return Kind.UNAVAILABLE;
  }
}
