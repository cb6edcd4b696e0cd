package io.gridset.server.grid;

import io.gridset.client.peer.PeerAddress;
import io.gridset.client.trust.ClusterToken;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/// Settings of a grid member.
///
/// @param clusterName members of other clusters are refused
/// @param bindAddress of the one interface to listen on; loopback on one machine
/// @param port the first port to try
/// @param portCount how many ports to try, upwards
/// @param directory where the member's id and the members that it knows are kept
/// @param token seals what only members may read; without one, that stays on each member
public record GridSettings(
    String clusterName,
    String bindAddress,
    int port,
    int portCount,
    Discovery discovery,
    Path directory,
    Profile self,
    Optional<ClusterToken> token) {
  private static final int FIRST_PORT = 5701;
  private static final int PORTS = 100;

  /// What a member tells the others of itself.
  ///
  /// @param weight what it can hold, in bytes, for placement; 0 for none
  /// @param data where its data server listens
  public record Profile(String name, double weight, Optional<PeerAddress> data, String version) {
    public Profile {
      if (!(weight >= 0)) {
        throw new IllegalArgumentException("weight is negative: " + weight);
      }
    }
  }

  public GridSettings {
    if (clusterName.isBlank()) {
      throw new IllegalArgumentException("clusterName is empty");
    }
    if (port < 1 || portCount < 1 || port + portCount - 1 > 65_535) {
      throw new IllegalArgumentException("no such ports: " + port + " and " + portCount + " up");
    }
  }

  /// A member that has no cluster token.
  public GridSettings(
      String clusterName,
      String bindAddress,
      int port,
      int portCount,
      Discovery discovery,
      Path directory,
      Profile self) {
    this(clusterName, bindAddress, port, portCount, discovery, directory, self, Optional.empty());
  }

  /// A member on this machine alone, in a cluster whose name nobody knows: who looks for a grid on
  /// its port must not find this one.
  public static GridSettings standalone(Path directory, Profile self) {
    return new GridSettings(
        "alone-" + UUID.randomUUID(),
        "127.0.0.1",
        FIRST_PORT,
        PORTS,
        new Discovery.Alone(),
        directory,
        self,
        Optional.empty());
  }
}
