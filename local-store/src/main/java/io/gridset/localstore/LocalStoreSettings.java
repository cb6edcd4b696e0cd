package io.gridset.localstore;

import io.gridset.localstore.behaviour.Limits;
import io.gridset.localstore.signature.Credentials;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;

/// How a store is started.
///
/// @param root whose directories are the buckets
/// @param host to listen on
/// @param port to listen on; 0 = any free one
/// @param credentials that are accepted; empty = everybody may read and write
/// @param defaultProtocol spoken when a request does not show which it uses
/// @param tls present for https
/// @param limits at the start; [LocalStore#behaviour] changes them
/// @param md5LimitBytes up to which size an ETag is the content's MD5; above, it is derived from
///   the file's time and has the form of a multipart upload's
public record LocalStoreSettings(
    Path root,
    String host,
    int port,
    List<Credentials> credentials,
    Protocol defaultProtocol,
    Set<Feature> features,
    Optional<SSLContext> tls,
    Limits limits,
    long md5LimitBytes) {
  /// Computing an MD5 of this size takes about 10 ms, once.
  private static final long MD5_LIMIT_BYTES = 8L << 20;

  public LocalStoreSettings {
    root = root.toAbsolutePath();
    credentials = List.copyOf(credentials);
    features = Set.copyOf(features);
  }

  /// Plain HTTP on loopback, any port, open to everybody, OSS by default, with the control
  /// endpoint.
  public static LocalStoreSettings serving(Path root) {
    return new LocalStoreSettings(
        root,
        "127.0.0.1",
        0,
        List.of(),
        Protocol.OSS,
        Set.of(Feature.CONTROL),
        Optional.empty(),
        Limits.NONE,
        MD5_LIMIT_BYTES);
  }

  public LocalStoreSettings withAddress(String newHost, int newPort) {
    return new LocalStoreSettings(
        root, newHost, newPort, credentials, defaultProtocol, features, tls, limits, md5LimitBytes);
  }

  public LocalStoreSettings withCredentials(Credentials... accepted) {
    return new LocalStoreSettings(
        root, host, port, List.of(accepted), defaultProtocol, features, tls, limits, md5LimitBytes);
  }

  public LocalStoreSettings withDefaultProtocol(Protocol protocol) {
    return new LocalStoreSettings(
        root, host, port, credentials, protocol, features, tls, limits, md5LimitBytes);
  }

  public LocalStoreSettings withFeatures(Set<Feature> offered) {
    return new LocalStoreSettings(
        root, host, port, credentials, defaultProtocol, offered, tls, limits, md5LimitBytes);
  }

  public LocalStoreSettings withTls(SSLContext context) {
    return new LocalStoreSettings(
        root,
        host,
        port,
        credentials,
        defaultProtocol,
        features,
        Optional.of(context),
        limits,
        md5LimitBytes);
  }

  public LocalStoreSettings withLimits(Limits granted) {
    return new LocalStoreSettings(
        root, host, port, credentials, defaultProtocol, features, tls, granted, md5LimitBytes);
  }

  public LocalStoreSettings withMd5LimitBytes(long limit) {
    return new LocalStoreSettings(
        root, host, port, credentials, defaultProtocol, features, tls, limits, limit);
  }
}
