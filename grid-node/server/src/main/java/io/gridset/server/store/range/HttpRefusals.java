package io.gridset.server.store.range;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What HTTP's own status codes mean for a store.
///
/// @param accessRemedy what to mend when access is refused
public record HttpRefusals(String accessRemedy, InstantSource clock) implements Refusals {
  /// A longer Retry-After is cut to this; the caller's deadline decides anyway.
  private static final Duration LONGEST_RETRY_AFTER = Duration.ofHours(1);

  @Override
  public StorageException refusal(String what, ResponseHead head, byte[] body) {
    int status = head.status();
    String answered = what + ": the server answered " + status;
    return switch (status) {
      case 401, 403 -> StorageException.of(Kind.ACCESS_DENIED, answered + ": " + accessRemedy);
      case 404, 410 -> StorageException.of(Kind.NOT_FOUND, what + " does not exist");
      case 412 -> StorageException.of(Kind.CHANGED, what + " was replaced by another version");
      case 408, 425 -> StorageException.retryable(Kind.UNAVAILABLE, answered);
      case 429, 503 ->
          StorageException.throttled(answered + " (slow down)", retryAfter(head, clock));
      case 501, 505 -> StorageException.of(Kind.UNSUPPORTED, answered);
      default ->
          status >= 500
              ? StorageException.retryable(Kind.UNAVAILABLE, answered)
              : StorageException.of(Kind.INVALID, answered);
    };
  }

  /// Retry-After in seconds or as a date (RFC 9110, section 10.2.3).
  public static @Nullable Duration retryAfter(ResponseHead head, InstantSource clock) {
    String text = head.field("retry-after").orElse("");
    Duration wait = null;
    if (!text.isEmpty() && text.length() <= 9 && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      wait = Duration.ofSeconds(Long.parseLong(text));
    } else {
      Optional<Instant> until = ResponseHead.parseDate(text);
      if (until.isPresent()) {
        wait = Duration.between(clock.instant(), until.get());
      }
    }
    if (wait == null || wait.isNegative()) {
      return null;
    }
    return wait.compareTo(LONGEST_RETRY_AFTER) > 0 ? LONGEST_RETRY_AFTER : wait;
  }
}
