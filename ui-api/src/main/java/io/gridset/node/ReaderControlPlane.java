package io.gridset.node;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.core.control.ApplyOutcome;
import io.gridset.core.control.ControlPlane;
import io.gridset.core.control.ManifestException;
import io.gridset.core.control.RefusedException;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.ResourceKind;
import io.gridset.core.store.StorageException;
import io.gridset.server.reader.ReaderView;
import java.util.List;
import java.util.Optional;

/// The control plane of a node that is no member: it shows what members show, and changes nothing.
///
/// @param member one to name to who wants a change
record ReaderControlPlane(ReaderView grid, String member) implements ControlPlane {
  @Override
  public List<ApplyOutcome> apply(String manifests, String defaultNamespace, ApplyMode mode)
      throws ManifestException {
    throw new ManifestException(List.of(refusal()));
  }

  @Override
  public List<JsonNode> list(ResourceKind kind, Optional<String> namespace) {
    try {
      return grid.resources(kind, namespace);
    } catch (StorageException e) {
      throw new RefusedException(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public Optional<JsonNode> get(ResourceKind kind, DatasetName name) {
    return list(kind, Optional.of(name.namespace())).stream()
        .filter(resource -> resource.path("metadata").path("name").asText().equals(name.name()))
        .findFirst();
  }

  @Override
  public List<JsonNode> events(ResourceKind kind, DatasetName name) {
    try {
      return grid.events(kind, name);
    } catch (StorageException e) {
      return List.of(); // Resources themselves tell that nobody answers.
    }
  }

  @Override
  public boolean delete(ResourceKind kind, DatasetName name) {
    throw new RefusedException(refusal());
  }

  private String refusal() {
    return "this node reads from the grid and is no member of it; change it at a member, such as "
        + member;
  }

  @Override
  public void close() {}
}
