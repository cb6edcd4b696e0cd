package io.gridset.server.peer;

import io.gridset.client.trust.ClusterToken;
import io.gridset.client.trust.PeerTls;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Where a data server listens, whom it believes, and how much it takes on.
///
/// @param listen port 0 for any free one
/// @param cluster name that who comes must know
/// @param token null for none: then it listens on the loopback device only
/// @param tls null for plain TCP
public record DataServerSettings(
    InetSocketAddress listen,
    String cluster,
    @Nullable ClusterToken token,
    @Nullable PeerTls tls,
    Limits limits) {

  /// What one data server does at once, and how long it waits.
  ///
  /// @param connections more are refused
  /// @param loads requests that wait for a block that is not here yet; more wait for a place
  /// @param stall longest time in which a receiver takes nothing, while a block is held for it
  /// @param heartbeat between two signs of life to one who waits
  /// @param greeting longest time for TLS and proofs
  public record Limits(
      int connections, int loads, Duration stall, Duration heartbeat, Duration greeting) {
    /// A connection costs a descriptor and a few KiB; 256 loads are 1 GiB of blocks under way.
    public static final Limits DEFAULT =
        new Limits(512, 256, Duration.ofSeconds(30), Duration.ofMillis(150), Duration.ofSeconds(5));

    public Limits {
      if (connections < 1 || loads < 1) {
        throw new IllegalArgumentException("connections and loads start at 1");
      }
    }
  }

  public static DataServerSettings of(
      InetSocketAddress listen,
      String cluster,
      @Nullable ClusterToken token,
      @Nullable PeerTls tls) {
    return new DataServerSettings(listen, cluster, token, tls, Limits.DEFAULT);
  }
}
