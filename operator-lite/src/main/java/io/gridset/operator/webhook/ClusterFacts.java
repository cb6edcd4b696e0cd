package io.gridset.operator.webhook;

import java.util.Optional;

/// What admission must know of the cluster. Answers come from memory; thread-safe.
public interface ClusterFacts {
  /// What the claim is that a pod of this namespace names.
  Claim claim(String namespace, String name);

  /// How much each kind of nearness counts.
  LocalityWeights weights();

  /// How sidecars are written down for this cluster.
  SidecarForm sidecarForm();

  /// The level of Pod Security that the namespace enforces, if it says one.
  Optional<String> podSecurity(String namespace);

  /// How a container that runs beside others is written down.
  enum SidecarForm {
    /// An init container that goes on running: Kubernetes 1.29 and later start the next container
    /// when its startup probe succeeds, and end it after the pod's own containers.
    NATIVE,
    /// The first of the containers, whose hook holds up the next ones.
    ORDINARY
  }
}
