package io.gridset.core.manifest;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Kinds that are not resources of a Gridset node, and what to tell whoever applies one.
final class ForeignKinds {
  static final String FLUID_GROUP = "data.fluid.io/";

  private static final String PODS =
      "runs containers, and one machine has no Kubernetes to run them";
  private static final String CLUSTER = "configures a Kubernetes cluster, and here is none";

  private static final Map<String, String> KUBERNETES =
      Map.ofEntries(
          Map.entry("Deployment", PODS),
          Map.entry("StatefulSet", PODS),
          Map.entry("DaemonSet", PODS),
          Map.entry("ReplicaSet", PODS),
          Map.entry("Job", PODS),
          Map.entry("CronJob", PODS),
          Map.entry("Pod", PODS),
          Map.entry("Service", CLUSTER),
          Map.entry("Ingress", CLUSTER),
          Map.entry("ConfigMap", CLUSTER),
          Map.entry("Namespace", CLUSTER),
          Map.entry("ServiceAccount", CLUSTER),
          Map.entry("PersistentVolume", CLUSTER),
          Map.entry("PersistentVolumeClaim", CLUSTER),
          Map.entry("HorizontalPodAutoscaler", CLUSTER));

  private static final Map<String, String> FLUID =
      Map.of(
          "DataProcess", "needs containers, which the standalone program does not run",
          "DataMigrate", "is not carried out by this version",
          "DataBackup", "is not carried out by this version; listings are made afresh",
          "ThinRuntime", "needs containers, which the standalone program does not run",
          "ThinRuntimeProfile", "needs containers, which the standalone program does not run",
          "CacheRuntime", "needs containers, which the standalone program does not run",
          "CacheRuntimeClass", "needs containers, which the standalone program does not run",
          "EFCRuntime", "is a vendor's own file system, which this version cannot read");

  private ForeignKinds() {}

  /// Why a document is skipped; empty when it looks like a mistake.
  static Optional<String> reasonToSkip(String apiVersion, String kind) {
    String known = apiVersion.startsWith(FLUID_GROUP) ? FLUID.get(kind) : KUBERNETES.get(kind);
    if (known != null) {
      return Optional.of(kind + " " + known);
    }
    if (apiVersion.startsWith(FLUID_GROUP) || NearestName.of(kind, kinds()).isPresent()) {
      return Optional.empty();
    }
    return Optional.of(kind + " of " + apiVersion + " means nothing to the standalone program");
  }

  static List<String> kinds() {
    return java.util.Arrays.stream(ResourceKind.values()).map(ResourceKind::kind).toList();
  }
}
