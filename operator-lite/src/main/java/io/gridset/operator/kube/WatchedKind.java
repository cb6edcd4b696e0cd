package io.gridset.operator.kube;

import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.gridset.core.schema.FluidKind;
import java.util.Arrays;

/// The kinds that the operator watches or writes.
enum WatchedKind {
  DATASET(FluidKind.DATASET),
  GRID_RUNTIME(FluidKind.GRID_RUNTIME),
  JINDO_RUNTIME(FluidKind.JINDO_RUNTIME),
  ALLUXIO_RUNTIME(FluidKind.ALLUXIO_RUNTIME),
  JUICEFS_RUNTIME(FluidKind.JUICEFS_RUNTIME),
  VINEYARD_RUNTIME(FluidKind.VINEYARD_RUNTIME),
  DATA_LOAD(FluidKind.DATA_LOAD),
  DATA_PROCESS(FluidKind.DATA_PROCESS),
  DATA_MIGRATE(FluidKind.DATA_MIGRATE),
  DATA_BACKUP(FluidKind.DATA_BACKUP),
  STATEFUL_SET("apps/v1", "StatefulSet", "statefulsets", Scope.OURS),
  DAEMON_SET("apps/v1", "DaemonSet", "daemonsets", Scope.OURS),
  JOB("batch/v1", "Job", "jobs", Scope.OURS),
  POD("v1", "Pod", "pods", Scope.OURS),
  SERVICE("v1", "Service", "services", Scope.OURS),
  SERVICE_ACCOUNT("v1", "ServiceAccount", "serviceaccounts", Scope.OURS),
  NETWORK_POLICY("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", Scope.OURS),
  PERSISTENT_VOLUME_CLAIM("v1", "PersistentVolumeClaim", "persistentvolumeclaims", Scope.OURS),
  PERSISTENT_VOLUME("v1", "PersistentVolume", "persistentvolumes", Scope.OURS_OF_CLUSTER),
  NODE("v1", "Node", "nodes", Scope.CLUSTER),
  /// Written, never read.
  CONFIG_MAP("v1", "ConfigMap", "configmaps", Scope.WRITTEN),
  /// Created, never read.
  SECRET("v1", "Secret", "secrets", Scope.WRITTEN),
  EVENT("v1", "Event", "events", Scope.WRITTEN);

  /// Which objects are watched, and whether they have namespaces.
  enum Scope {
    /// Users' objects: all.
    USERS,
    /// Those that bear our label.
    OURS,
    OURS_OF_CLUSTER,
    CLUSTER,
    WRITTEN
  }

  private final String kind;
  private final Scope scope;
  private final ResourceDefinitionContext context;

  WatchedKind(FluidKind kind) {
    this(FluidKind.GROUP + "/" + FluidKind.VERSION, kind.kind(), kind.plural(), Scope.USERS);
  }

  WatchedKind(String apiVersion, String kind, String plural, Scope scope) {
    this.kind = kind;
    this.scope = scope;
    int slash = apiVersion.indexOf('/');
    this.context =
        new ResourceDefinitionContext.Builder()
            .withGroup(slash < 0 ? "" : apiVersion.substring(0, slash))
            .withVersion(apiVersion.substring(slash + 1))
            .withKind(kind)
            .withPlural(plural)
            .withNamespaced(scope != Scope.CLUSTER && scope != Scope.OURS_OF_CLUSTER)
            .build();
  }

  static WatchedKind of(String kind) {
    return Arrays.stream(values())
        .filter(each -> each.kind.equals(kind))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("not a kind of the operator: " + kind));
  }

  String kind() {
    return kind;
  }

  Scope scope() {
    return scope;
  }

  ResourceDefinitionContext context() {
    return context;
  }

  boolean isOperation() {
    return switch (this) {
      case DATA_LOAD, DATA_PROCESS, DATA_MIGRATE, DATA_BACKUP -> true;
      default -> false;
    };
  }

  boolean isRuntime() {
    return kind.endsWith("Runtime");
  }
}
