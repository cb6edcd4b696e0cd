package io.gridset.server.store.range;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.net.URI;
import java.util.Locale;

/// Scheme, host and port of a server: what a connection belongs to.
public record Origin(String scheme, String host, int port) {
  /// @throws StorageException INVALID when the address has no host or is not http(s)
  public static Origin of(URI uri) throws StorageException {
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    String host = uri.getHost();
    if (host == null || !(scheme.equals("http") || scheme.equals("https"))) {
      throw StorageException.of(
          Kind.INVALID, "not an http or https address with a host: " + withoutQuery(uri));
    }
    int port = uri.getPort() >= 0 ? uri.getPort() : scheme.equals("https") ? 443 : 80;
    return new Origin(scheme, host.toLowerCase(Locale.ROOT), port);
  }

  public boolean secure() {
    return scheme.equals("https");
  }

  /// The value of the Host header: the port only when it is not the scheme's own.
  public String hostHeader() {
    return port == (secure() ? 443 : 80) ? host : host + ":" + port;
  }

  /// The host as the resolver takes it: an IPv6 literal without brackets.
  String address() {
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  private static String withoutQuery(URI uri) {
    String text = uri.toString();
    int query = text.indexOf('?');
    return query < 0 ? text : text.substring(0, query);
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
