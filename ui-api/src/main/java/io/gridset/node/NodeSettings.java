package io.gridset.node;

import io.gridset.client.HostPort;
import io.gridset.core.unit.DataSize;
import java.nio.file.Path;
import java.util.Optional;

/// What a node is told at start. Immutable, read once.
///
/// @param stateDirectory survives reboots: manifests, remembered mounts, tiers on disk
/// @param runDirectory dies with the machine: lock, socket, token
/// @param listen where the API listens besides the Unix socket; empty for nowhere
/// @param memory what this node offers: its weight when a grid shares out the homes of blocks.
///   Quotas of tiers come from runtimes
/// @param caFile a PEM file of authorities to trust at TLS endpoints besides the Java runtime's own
/// @param objects of a node that keeps objects
/// @param cluster of a member of a grid of several
/// @param reader of a node that reads from a grid and is no member of it
public record NodeSettings(
    Path stateDirectory,
    Path runDirectory,
    Optional<ListenAddress> listen,
    DataSize memory,
    Optional<Path> caFile,
    ObjectSettings objects,
    Optional<ClusterSettings> cluster,
    Optional<ReaderSettings> reader) {
  public NodeSettings {
    stateDirectory = stateDirectory.toAbsolutePath().normalize();
    runDirectory = runDirectory.toAbsolutePath().normalize();
    caFile = caFile.map(file -> file.toAbsolutePath().normalize());
    if (memory.bytes() == 0) {
      throw new IllegalArgumentException("memory: a tier of 0 bytes caches nothing");
    }
  }

  /// Settings of a node that is alone and listens on its socket only.
  public static NodeSettings alone(Path stateDirectory, Path runDirectory, DataSize memory) {
    return new NodeSettings(
        stateDirectory,
        runDirectory,
        Optional.empty(),
        memory,
        Optional.empty(),
        ObjectSettings.unset(),
        Optional.empty(),
        Optional.empty());
  }

  /// The Unix socket of the API.
  public Path socket() {
    return runDirectory.resolve(RunDirectory.SOCKET);
  }

  /// The token that requests over TCP bear.
  public Path tokenFile() {
    return runDirectory.resolve("token");
  }

  /// A TCP address to listen on.
  ///
  /// @param port 0 for any free one
  public record ListenAddress(String host, int port) {
    /// Reads `host:port`.
    ///
    /// @throws IllegalArgumentException naming the form
    public static ListenAddress parse(String text) {
      HostPort read = HostPort.parse(text, "127.0.0.1:7600");
      return new ListenAddress(read.host(), read.port());
    }

    /// As [#parse] reads it.
    @Override
    public String toString() {
      return new HostPort(host, port).toString();
    }
  }
}
