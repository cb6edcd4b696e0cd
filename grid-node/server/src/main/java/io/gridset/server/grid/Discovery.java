package io.gridset.server.grid;

import java.util.List;

/// How a member finds the others. Never by multicast: whoever is on the network could join.
public sealed interface Discovery {
  /// A grid of one.
  record Alone() implements Discovery {}

  /// Addresses `host` or `host:port`; unreachable ones are left out.
  record Addresses(List<String> members) implements Discovery {
    public Addresses {
      members = List.copyOf(members);
    }
  }

  /// A headless Service of Kubernetes, by DNS: needs no permission.
  record KubernetesDns(String serviceDnsName) implements Discovery {}

  /// A Service of Kubernetes, by the API server: needs permission to read endpoints.
  record KubernetesApi(String namespace, String serviceName) implements Discovery {}
}
