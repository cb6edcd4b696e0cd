package io.gridset.node;

import io.gridset.client.peer.PeerAddress;
import io.gridset.server.grid.Discovery;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a member of a grid of several is told.
///
/// @param name members of grids of other names are refused
/// @param gridListen where Hazelcast listens, members only
/// @param dataListen where the data server listens, for members and readers
/// @param nodeName what people call this member
/// @param tokenFile holds the secret by which members and readers prove themselves to data servers
/// @param drainTimeout longest time for handing blocks over before a graceful stop
public record ClusterSettings(
    String name,
    Discovery discovery,
    PeerAddress gridListen,
    PeerAddress dataListen,
    String nodeName,
    Share share,
    Duration drainTimeout,
    Optional<Path> tokenFile,
    Optional<TlsFiles> tls) {
  /// Whether a member is home to blocks.
  public enum Share {
    BLOCKS,
    NOTHING
  }

  /// PEM files for mutual TLS on the data port.
  ///
  /// @param authorities who may have signed the others' certificates
  public record TlsFiles(Path certificate, Path key, Path authorities) {
    /// As options of `gridset up`.
    public List<String> options() {
      return List.of(
          "--tls-cert",
          certificate.toString(),
          "--tls-key",
          key.toString(),
          "--tls-ca",
          authorities.toString());
    }
  }

  /// The options of `gridset up` that say the same.
  public List<String> options() {
    List<String> options = new ArrayList<>(List.of("--cluster", name, "--join", join(discovery)));
    options.addAll(List.of("--grid-listen", gridListen.toString()));
    options.addAll(List.of("--data-listen", dataListen.toString()));
    options.addAll(List.of("--node-name", nodeName));
    options.addAll(List.of("--drain-timeout", drainTimeout.toSeconds() + "s"));
    if (share == Share.NOTHING) {
      options.add("--no-share");
    }
    options.addAll(options(tokenFile, tls));
    return options;
  }

  static List<String> options(Optional<Path> tokenFile, Optional<TlsFiles> tls) {
    List<String> options = new ArrayList<>();
    tokenFile.ifPresent(file -> options.addAll(List.of("--cluster-token-file", file.toString())));
    tls.ifPresent(files -> options.addAll(files.options()));
    return options;
  }

  private static String join(Discovery discovery) {
    return switch (discovery) {
      case Discovery.Alone() -> throw new IllegalStateException("who joins nobody has no cluster");
      case Discovery.Addresses(List<String> members) -> String.join(",", members);
      case Discovery.Dns(String name, int port) -> "dns:" + name + ":" + port;
      case Discovery.KubernetesApi(String namespace, String service, int port) ->
          "k8s:" + namespace + "/" + service + ":" + port;
    };
  }
}
