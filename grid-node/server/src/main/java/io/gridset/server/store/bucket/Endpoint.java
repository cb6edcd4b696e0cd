package io.gridset.server.store.bucket;

import io.gridset.core.store.StorageException;
import io.gridset.server.store.mount.MountOptions;
import java.net.URI;
import java.net.URISyntaxException;

/// Where a bucket's requests go. Written with or without a scheme: https is assumed, http for an IP
/// address or localhost.
public record Endpoint(URI uri) {
  /// @param field the option's name, for messages
  public static Endpoint parse(MountOptions options, String field, String text)
      throws StorageException {
    String full =
        text.contains("://") ? text : (isLocal(bareHost(text)) ? "http://" : "https://") + text;
    try {
      URI uri = new URI(full);
      boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      if (uri.getHost() == null || !web || uri.getRawQuery() != null) {
        throw malformed(options, field, text);
      }
      int port = uri.getPort();
      return new Endpoint(
          new URI(uri.getScheme() + "://" + uri.getHost() + (port < 0 ? "" : ":" + port)));
    } catch (URISyntaxException e) {
      throw malformed(options, field, text);
    }
  }

  /// Whether bucket names cannot be put before the host's name.
  public boolean isLocal() {
    return isLocal(uri.getHost());
  }

  public String host() {
    return uri.getHost();
  }

  private static String bareHost(String text) {
    String host = text.split("[/?#]", 2)[0];
    if (host.startsWith("[")) {
      return host;
    }
    int colon = host.indexOf(':');
    return colon < 0 ? host : host.substring(0, colon);
  }

  private static boolean isLocal(String host) {
    return host.equals("localhost") || host.startsWith("[") || host.matches("[0-9.]+");
  }

  private static StorageException malformed(MountOptions options, String field, String text) {
    return options.invalid(
        "options " + field + " is '" + text + "', which is not a host name or http(s) address");
  }

  @Override
  public String toString() {
    return uri.toString();
  }
}
