package io.gridset.node;

import io.gridset.core.unit.DataSize;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a node is told of the objects it keeps.
///
/// @param quota memory that they may take; empty for a quarter of what the machine has free
/// @param reserve memory written ahead of puts, so that the first ones are as fast as later ones;
///   empty for what suits most
/// @param spill a directory on a local disk for those that memory has no room for, and for those
///   that shall outlive it; empty for nowhere
/// @param flight where Flight clients reach them; empty for nowhere
public record ObjectSettings(
    Optional<DataSize> quota,
    Optional<DataSize> reserve,
    Optional<Path> spill,
    Optional<Flight> flight) {
  /// @param listen its address
  /// @param tls this node's certificate; empty for plain text
  public record Flight(NodeSettings.ListenAddress listen, Optional<ClusterSettings.TlsFiles> tls) {}

  public ObjectSettings {
    spill = spill.map(directory -> directory.toAbsolutePath().normalize());
  }

  public static ObjectSettings unset() {
    return new ObjectSettings(
        Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
  }

  /// As options of `gridset up`, but for the certificate.
  public List<String> options() {
    List<String> options = new ArrayList<>();
    quota.ifPresent(
        size -> options.addAll(List.of("--objects-quota", Long.toString(size.bytes()))));
    reserve.ifPresent(
        size -> options.addAll(List.of("--objects-reserve", Long.toString(size.bytes()))));
    spill.ifPresent(directory -> options.addAll(List.of("--objects-spill", directory.toString())));
    flight.ifPresent(
        served -> options.addAll(List.of("--flight-listen", served.listen().toString())));
    return options;
  }
}
