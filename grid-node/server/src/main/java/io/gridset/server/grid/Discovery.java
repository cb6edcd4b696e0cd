package io.gridset.server.grid;

import java.util.List;

/// How a member finds the others. Never by multicast: whoever is on the network could join.
public sealed interface Discovery {
  /// A grid of one, which nobody can join.
  record Alone() implements Discovery {}

  /// Addresses `host:port`; unreachable ones are tried again as long as the member runs.
  record Addresses(List<String> members) implements Discovery {
    public Addresses {
      members = List.copyOf(members);
    }
  }

  /// All addresses that a name has, such as that of a headless Service of Kubernetes: needs no
  /// permission.
  record Dns(String name, int port) implements Discovery {}

  /// A Service of Kubernetes, by the API server: needs permission to read endpoints.
  record KubernetesApi(String namespace, String service, int port) implements Discovery {}
}
