package io.gridset.node;

import io.gridset.client.trust.ClusterToken;
import io.gridset.server.grid.GridSettings;
import io.gridset.server.grid.GridSettings.Profile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Optional;

/// A node's membership, from its settings.
final class Membership {
  private Membership() {}

  /// The settings of its membership.
  ///
  /// @throws IOException when the grid's port is taken: a member on another one would not be found;
  ///   or when the token file cannot be used
  static GridSettings of(NodeSettings settings) throws IOException {
    double memory = settings.memory().bytes();
    String version = BuildVersion.current();
    if (settings.cluster().isEmpty()) {
      return GridSettings.standalone(
          settings.stateDirectory(), new Profile("this", memory, Optional.empty(), version));
    }
    ClusterSettings cluster = settings.cluster().get();
    InetAddress address = InetAddress.getByName(cluster.gridListen().host());
    try (ServerSocket probe = new ServerSocket()) {
      probe.bind(new InetSocketAddress(address, cluster.gridListen().port()));
    } catch (IOException e) {
      throw new IOException(
          "the grid cannot listen on "
              + cluster.gridListen()
              + ": "
              + e.getMessage()
              + "; choose another --grid-listen, and name it in the others' --join",
          e);
    }
    double weight = cluster.share() == ClusterSettings.Share.NOTHING ? 0 : memory;
    return new GridSettings(
        cluster.name(),
        address.getHostAddress(),
        cluster.gridListen().port(),
        1,
        cluster.discovery(),
        settings.stateDirectory(),
        new Profile(cluster.nodeName(), weight, Optional.of(cluster.dataListen()), version),
        cluster.tokenFile().isPresent()
            ? Optional.of(ClusterToken.read(cluster.tokenFile().get()))
            : Optional.empty());
  }
}
