package io.gridset.core.control;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.ResourceKind;
import java.util.List;
import java.util.Optional;

/// Keeps manifests, reconciles them with what runs, and tells their status. Resources are JSON
/// objects in Kubernetes' form (`apiVersion`, `kind`, `metadata`, `spec`, `status`); secrets come
/// without their values. `DatasetName` names a resource of any kind here. Thread-safe.
public interface ControlPlane extends AutoCloseable {
  /// Applies all documents of a YAML or JSON text, or none of them when one is refused. Returns
  /// when they are stored; reconciling goes on (watch `status.phase`).
  List<ApplyOutcome> apply(String manifests, String defaultNamespace, ApplyMode mode)
      throws ManifestException;

  /// Resources of a kind ordered by namespace and name; of all namespaces when `namespace` is
  /// empty.
  List<JsonNode> list(ResourceKind kind, Optional<String> namespace);

  Optional<JsonNode> get(ResourceKind kind, DatasetName name);

  /// What happened to a resource, newest last: objects with `time`, `type`, `reason`, `message`.
  List<JsonNode> events(ResourceKind kind, DatasetName name);

  /// Deletes a resource; false when there is none. Deleting a Dataset releases all that it held,
  /// and takes its runtime and its DataLoads along.
  ///
  /// @throws RefusedException when another dataset refers to it
  boolean delete(ResourceKind kind, DatasetName name);

  @Override
  void close();

  /// Whether an apply changes anything.
  enum ApplyMode {
    APPLY,
    DRY_RUN
  }
}
