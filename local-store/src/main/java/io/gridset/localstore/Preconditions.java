package io.gridset.localstore;

import io.gridset.localstore.http.HttpRequest;
import java.time.Instant;
import java.util.Arrays;

/// The conditional headers of a request, judged in the order of RFC 9110, section 13.2.2.
final class Preconditions {
  /// What the conditions demand.
  enum Outcome {
    PROCEED,
    NOT_MODIFIED,
    FAILED
  }

  private Preconditions() {}

  /// @param etag with its quotes
  static Outcome judge(HttpRequest request, String etag, Instant lastModified) {
    String match = request.header("if-match");
    String unmodifiedSince = request.header("if-unmodified-since");
    if (match != null) {
      if (!names(match, etag)) {
        return Outcome.FAILED;
      }
    } else if (unmodifiedSince != null
        && HttpDate.parse(unmodifiedSince).map(lastModified::isAfter).orElse(false)) {
      return Outcome.FAILED;
    }
    String noneMatch = request.header("if-none-match");
    String modifiedSince = request.header("if-modified-since");
    if (noneMatch != null) {
      return names(noneMatch, etag) ? Outcome.NOT_MODIFIED : Outcome.PROCEED;
    }
    return modifiedSince != null
            && HttpDate.parse(modifiedSince).map(time -> !lastModified.isAfter(time)).orElse(false)
        ? Outcome.NOT_MODIFIED
        : Outcome.PROCEED;
  }

  /// Quotes and the case of the hex digits are of no account: both vendors' stores accept bare
  /// tags.
  private static boolean names(String header, String etag) {
    return header.strip().equals("*")
        || Arrays.stream(header.split(",")).anyMatch(tag -> bare(tag).equalsIgnoreCase(bare(etag)));
  }

  private static String bare(String etag) {
    return etag.strip().replace("\"", "");
  }
}
