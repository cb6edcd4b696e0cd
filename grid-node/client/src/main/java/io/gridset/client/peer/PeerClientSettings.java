package io.gridset.client.peer;

import io.gridset.client.trust.Credential;
import io.gridset.client.trust.PeerTls;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// How a node asks members.
///
/// @param cluster name of theirs
/// @param credentials asked at each new connection; one made with another than it tells now is not
///   used again
/// @param tls null for plain TCP
/// @param connectionsPerPeer for blocks, to one member at once; small questions have a few more
/// @param connectTimeout longest time to connect and greet, however patient the caller is
public record PeerClientSettings(
    String cluster,
    Supplier<Credential> credentials,
    @Nullable PeerTls tls,
    int connectionsPerPeer,
    Duration connectTimeout) {
  /// Enough blocks of 4 MiB on their way to fill any link; each costs the other side a descriptor.
  public static final int DEFAULT_CONNECTIONS = 16;

  /// A member on the same network answers within milliseconds.
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

  public PeerClientSettings {
    if (connectionsPerPeer < 1 || connectTimeout.isNegative() || connectTimeout.isZero()) {
      throw new IllegalArgumentException("connectionsPerPeer and connectTimeout must be positive");
    }
  }

  public static PeerClientSettings of(
      String cluster, Credential credential, @Nullable PeerTls tls) {
    return renewing(cluster, () -> credential, tls);
  }

  /// With a credential that may change.
  public static PeerClientSettings renewing(
      String cluster, Supplier<Credential> credentials, @Nullable PeerTls tls) {
    return new PeerClientSettings(cluster, credentials, tls, DEFAULT_CONNECTIONS, CONNECT_TIMEOUT);
  }
}
