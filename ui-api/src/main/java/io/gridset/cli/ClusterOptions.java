package io.gridset.cli;

import io.gridset.node.NodeConfig;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Options of `gridset up` for a node that is not alone.
final class ClusterOptions {
  @Option(
      names = "--join",
      paramLabel = "WHERE",
      description =
          "Be a member of a grid. Where the others are: HOST[:PORT][,...], dns:NAME[:PORT] (all"
              + " addresses of a name, such as a headless Service), or k8s:NAMESPACE/SERVICE[:PORT].")
  private @Nullable String join;

  @Option(
      names = "--cluster",
      paramLabel = "NAME",
      description = "The grid's name; members of others are refused (default: gridset).")
  private @Nullable String cluster;

  @Option(
      names = "--grid-listen",
      paramLabel = "HOST:PORT",
      description =
          "Where other members reach this one (default: the address that reaches the first of"
              + " --join, port 5701). Keep this port from everybody else: it has no encryption.")
  private @Nullable String gridListen;

  @Option(
      names = "--data-listen",
      paramLabel = "HOST:PORT",
      description = "Where members and readers fetch blocks (default: --grid-listen's host, 5801).")
  private @Nullable String dataListen;

  @Option(
      names = "--node-name",
      paramLabel = "NAME",
      description = "This node's name in `gridset nodes` (default: the host's).")
  private @Nullable String nodeName;

  @Option(
      names = "--cluster-token-file",
      paramLabel = "FILE",
      description =
          "A secret that all members and readers know; needed unless the data server listens on"
              + " loopback. Make one with: head -c 32 /dev/urandom | base64 > FILE")
  private @Nullable String clusterTokenFile;

  @Option(
      names = "--no-share",
      description = "Be home to no blocks: read from the others, keep copies only.")
  private boolean noShare;

  @Option(
      names = "--drain-timeout",
      paramLabel = "TIME",
      description = "Longest handing over of blocks before a stop, like 30s or 2m (default: 30s).")
  private @Nullable String drainTimeout;

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description = "Certificate (PEM) for mutual TLS on the data port.")
  private @Nullable String tlsCert;

  @Option(names = "--tls-key", paramLabel = "FILE", description = "Its private key (PEM).")
  private @Nullable String tlsKey;

  @Option(
      names = "--tls-ca",
      paramLabel = "FILE",
      description = "Who may have signed the others' certificates (PEM).")
  private @Nullable String tlsCa;

  @Option(
      names = "--reader-of",
      paramLabel = "HOST:PORT",
      description =
          "Be no member, only read from those whose data servers are here [,...]: needs no"
              + " credentials of stores.")
  private @Nullable String readerOf;

  /// Gives those that were on the command line to `config`.
  NodeConfig given(NodeConfig config) {
    return config
        .option("join", Optional.ofNullable(join))
        .option("cluster", Optional.ofNullable(cluster))
        .option("gridListen", Optional.ofNullable(gridListen))
        .option("dataListen", Optional.ofNullable(dataListen))
        .option("nodeName", Optional.ofNullable(nodeName))
        .option("clusterTokenFile", Optional.ofNullable(clusterTokenFile))
        .option("noShare", noShare ? Optional.of("true") : Optional.empty())
        .option("drainTimeout", Optional.ofNullable(drainTimeout))
        .option("tlsCert", Optional.ofNullable(tlsCert))
        .option("tlsKey", Optional.ofNullable(tlsKey))
        .option("tlsCa", Optional.ofNullable(tlsCa))
        .option("readerOf", Optional.ofNullable(readerOf));
  }
}
