package io.gridset.api;

import com.fasterxml.jackson.core.JacksonException;
import io.gridset.client.Problem;
import io.gridset.core.control.ManifestException;
import io.gridset.core.control.NoQuorumException;
import io.gridset.core.control.RefusedException;
import io.gridset.core.store.StorageException;
import io.javalin.http.HttpResponseException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Translates failures into problem documents (RFC 9457), here and nowhere else.
final class Problems {
  private static final Logger LOG = LoggerFactory.getLogger(Problems.class);

  private Problems() {}

  /// A refusal by the API itself, to be thrown by handlers.
  static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient Problem problem;

    private Refusal(Problem problem) {
      super(problem.detail());
      this.problem = problem;
    }
  }

  static Refusal notFound(String detail) {
    return new Refusal(problem(404, "NOT_FOUND", detail, null));
  }

  static Refusal invalid(String detail) {
    return new Refusal(problem(400, "INVALID", detail, null));
  }

  static Refusal lengthRequired() {
    return new Refusal(
        problem(411, "INVALID", "the request must say its Content-Length, more than 0", null));
  }

  static Refusal unauthorized() {
    return new Refusal(
        problem(
            401,
            "UNAUTHORIZED",
            "requests over TCP need the node's token, and this one is missing or wrong",
            "The token is in the file `token` of the node's run directory: pass --token-file."));
  }

  static Refusal busy(String detail) {
    return new Refusal(problem(429, "THROTTLED", detail, null));
  }

  /// The problem for any failure of a handler.
  static Problem of(Exception failure) {
    return switch (failure) {
      case Refusal refusal -> refusal.problem;
      case UncheckedIOException e when e.getCause() instanceof StorageException cause -> of(cause);
      case StorageException e ->
          problem(status(e.kind()), e.kind().name(), String.valueOf(e.getMessage()), null);
      case NoQuorumException e ->
          problem(503, "NO_QUORUM", String.valueOf(e.getMessage()), e.remedy());
      case RefusedException e -> problem(409, "REFUSED", message(e), null);
      case ManifestException e ->
          new Problem(
              type("MANIFEST"),
              title("MANIFEST"),
              422,
              String.valueOf(e.getMessage()),
              "MANIFEST",
              null,
              e.problems());
      case HttpResponseException e -> problem(e.getStatus(), kind(e), message(e), null);
      case JacksonException e -> problem(400, "INVALID", e.getOriginalMessage(), null);
      case IllegalArgumentException e -> problem(400, "INVALID", message(e), null);
      default -> {
        LOG.error("A request failed for a reason that no one foresaw", failure);
        yield problem(500, "INTERNAL", failure.toString(), "The node's log says more.");
      }
    };
  }

  private static String message(Exception e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }

  private static String kind(HttpResponseException e) {
    return e.getStatus() == 404 ? "NOT_FOUND" : e.getStatus() < 500 ? "INVALID" : "INTERNAL";
  }

  private static int status(StorageException.Kind kind) {
    return switch (kind) {
      case NOT_FOUND -> 404;
      case ACCESS_DENIED -> 403;
      case CHANGED, ALREADY_EXISTS -> 409;
      case THROTTLED, UNAVAILABLE, CANCELLED -> 503;
      case TIMED_OUT -> 504;
      case CORRUPT -> 502;
      case NO_SPACE -> 507;
      case INVALID -> 400;
      case UNSUPPORTED -> 501;
    };
  }

  private static Problem problem(int status, String kind, String detail, @Nullable String remedy) {
    return new Problem(type(kind), title(kind), status, detail, kind, remedy, List.of());
  }

  private static String type(String kind) {
    return "urn:gridset:problem:" + kind.toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String title(String kind) {
    return switch (kind) {
      case "NOT_FOUND" -> "Not found";
      case "ACCESS_DENIED" -> "Access denied by the store";
      case "UNAUTHORIZED" -> "Token missing or wrong";
      case "CHANGED" -> "The object changed";
      case "ALREADY_EXISTS" -> "The name is in use";
      case "THROTTLED" -> "Too many requests";
      case "UNAVAILABLE" -> "The store cannot be reached";
      case "TIMED_OUT" -> "A deadline passed";
      case "CORRUPT" -> "The store's answer contradicts itself";
      case "NO_SPACE" -> "No space left in the cache";
      case "INVALID" -> "The request makes no sense";
      case "UNSUPPORTED" -> "Not supported here";
      case "CANCELLED" -> "Cancelled";
      case "NO_QUORUM" -> "Too few members of the grid are seen";
      case "REFUSED" -> "Something else needs it";
      case "MANIFEST" -> "Manifests refused";
      default -> "Internal error";
    };
  }
}
