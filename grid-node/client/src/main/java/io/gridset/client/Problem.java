package io.gridset.client;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// An error answer (RFC 9457, `application/problem+json`).
///
/// @param kind a `StorageException.Kind`, `MANIFEST`, `UNAUTHORIZED` or `INTERNAL`
/// @param remedy what to do about it, where it is not in `detail` already
/// @param problems each single fault of refused manifests; else empty
public record Problem(
    String type,
    String title,
    int status,
    String detail,
    String kind,
    @Nullable String remedy,
    List<String> problems) {
  public Problem {
    problems = problems == null ? List.of() : List.copyOf(problems);
  }

  /// As a node tells it.
  static Problem notFound(String detail) {
    return new Problem(
        "urn:gridset:problem:not-found", "Not found", 404, detail, "NOT_FOUND", null, List.of());
  }
}
