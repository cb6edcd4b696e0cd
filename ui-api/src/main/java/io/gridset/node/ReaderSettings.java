package io.gridset.node;

import io.gridset.client.peer.PeerAddress;
import io.gridset.node.ClusterSettings.TlsFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a node is told that reads from a grid and is no member of it.
///
/// @param cluster name of the grid
/// @param members data servers to begin with; at least one
/// @param tokenFile holds the secret by which it proves itself to data servers
public record ReaderSettings(
    String cluster, List<PeerAddress> members, Optional<Path> tokenFile, Optional<TlsFiles> tls) {
  public ReaderSettings {
    members = List.copyOf(members);
    if (members.isEmpty()) {
      throw new IllegalArgumentException("a reader needs a member to read from");
    }
  }

  /// The options of `gridset up` that say the same.
  public List<String> options() {
    List<String> options = new ArrayList<>();
    options.addAll(List.of("--cluster", cluster));
    options.add("--reader-of");
    options.add(String.join(",", members.stream().map(PeerAddress::toString).toList()));
    options.addAll(ClusterSettings.options(tokenFile, tls));
    return options;
  }
}
