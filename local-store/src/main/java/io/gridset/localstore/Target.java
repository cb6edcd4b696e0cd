package io.gridset.localstore;

import io.gridset.localstore.http.HttpRequest;
import io.gridset.localstore.http.MalformedRequestException;
import io.gridset.localstore.http.PercentEncoding;
import java.util.regex.Pattern;

/// What a request is about: the service (both empty), a bucket (key empty) or an object.
///
/// @param path decoded, as sent
record Target(String bucket, String key, String path) {
  private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|\\[[0-9a-fA-F:.]+]|localhost");

  /// Path-style for an IP address or `localhost`; otherwise the bucket is the host's first label.
  static Target of(HttpRequest request) throws MalformedRequestException {
    String path = PercentEncoding.decodePath(request.rawPath());
    String host = request.headerOrDefault("host", "localhost").replaceFirst(":[0-9]+$", "");
    String below = path.startsWith("/") ? path.substring(1) : path;
    if (!ADDRESS.matcher(host).matches()) {
      int dot = host.indexOf('.');
      return new Target(dot < 0 ? host : host.substring(0, dot), below, path);
    }
    int slash = below.indexOf('/');
    return slash < 0
        ? new Target(below, "", path)
        : new Target(below.substring(0, slash), below.substring(slash + 1), path);
  }

  /// `bucket/key`, as faults and statistics name it.
  String object() {
    return bucket + "/" + key;
  }
}
