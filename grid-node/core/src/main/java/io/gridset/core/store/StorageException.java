package io.gridset.core.store;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The one failure of reading or keeping data. Translated once at each edge: errno in the mount,
/// problem details in the REST API, a condition's reason in a manifest's status. The message names
/// the cause and, where there is one, the remedy; it never holds a secret.
public final class StorageException extends IOException {
  /// What went wrong, as callers need to tell it apart.
  public enum Kind {
    /// No such object, bucket or directory.
    NOT_FOUND,
    /// Credentials are missing, wrong or not sufficient.
    ACCESS_DENIED,
    /// The name is in use.
    ALREADY_EXISTS,
    /// The object is no longer the version that was asked for (ESTALE).
    CHANGED,
    /// The store asks to slow down.
    THROTTLED,
    /// The store cannot be reached or fails.
    UNAVAILABLE,
    /// A deadline passed.
    TIMED_OUT,
    /// The answer contradicts itself: length, range, checksum.
    CORRUPT,
    /// No space is left and nothing may be evicted.
    NO_SPACE,
    /// The request or the settings make no sense.
    INVALID,
    /// This store or tier cannot do that.
    UNSUPPORTED,
    /// The caller or the component is shutting down.
    CANCELLED
  }

  private final Kind kind;
  private final boolean retryable;
  private final @Nullable Duration retryAfter;

  private StorageException(
      Kind kind, boolean retryable, String message, @Nullable Throwable cause) {
    this(kind, retryable, message, cause, null);
  }

  private StorageException(
      Kind kind,
      boolean retryable,
      String message,
      @Nullable Throwable cause,
      @Nullable Duration retryAfter) {
    super(message, cause);
    this.kind = kind;
    this.retryable = retryable;
    this.retryAfter = retryAfter;
  }

  /// A failure that another attempt cannot mend.
  public static StorageException of(Kind kind, String message) {
    return new StorageException(kind, false, message, null);
  }

  public static StorageException of(Kind kind, String message, Throwable cause) {
    return new StorageException(kind, false, message, cause);
  }

  /// A failure that may be gone at the next attempt.
  public static StorageException retryable(Kind kind, String message) {
    return new StorageException(kind, true, message, null);
  }

  public static StorageException retryable(Kind kind, String message, Throwable cause) {
    return new StorageException(kind, true, message, cause);
  }

  /// The store asks to slow down, for `retryAfter` if it says how long.
  public static StorageException throttled(String message, @Nullable Duration retryAfter) {
    return new StorageException(Kind.THROTTLED, true, message, null, retryAfter);
  }

  /// The same failure as a fresh exception, for handing one outcome to several waiting callers.
  public StorageException again() {
    return new StorageException(kind, retryable, String.valueOf(getMessage()), this, retryAfter);
  }

  public Kind kind() {
    return kind;
  }

  public boolean retryable() {
    return retryable;
  }

  /// How long the store asks to wait before the next attempt, when it said so.
  public Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }
}
