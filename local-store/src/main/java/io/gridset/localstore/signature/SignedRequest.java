package io.gridset.localstore.signature;

import io.gridset.localstore.http.Query;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The parts of a request that signatures cover.
///
/// @param path decoded, as sent (with the bucket in it or not)
/// @param bucket empty for the service itself
/// @param key decoded, without the leading slash; empty for the bucket itself
/// @param headers names in lower case
public record SignedRequest(
    String method,
    String path,
    String bucket,
    String key,
    Query query,
    Map<String, String> headers) {
  @Nullable String header(String name) {
    return headers.get(name);
  }

  String headerOrEmpty(String name) {
    return headers.getOrDefault(name, "");
  }
}
