package io.gridset.server.reader;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.client.peer.ClusterView;
import io.gridset.core.control.ControlPlane;
import io.gridset.core.dataset.DatasetDefinition;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.DatasetReference;
import io.gridset.core.manifest.ResourceKind;
import io.gridset.core.store.StorageException;
import io.gridset.server.peer.PeerCaller;
import io.gridset.server.peer.PeerOperation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// What a member tells readers of the grid: who is in it, and the datasets that they may see. No
/// credential, and no Secret by whatever name, ever leaves a member. Thread-safe.
public final class GridFacts {
  private final Supplier<ClusterView> members;
  private final Supplier<List<DatasetDefinition>> datasets;
  private final Supplier<ControlPlane> control;

  /// @param datasets those that run here
  /// @param control asked for it at each call, since it starts later than the data server
  public GridFacts(
      Supplier<ClusterView> members,
      Supplier<List<DatasetDefinition>> datasets,
      Supplier<ControlPlane> control) {
    this.members = members;
    this.datasets = datasets;
    this.control = control;
  }

  /// The operations by the names under which readers call them.
  public Map<String, PeerOperation> all() {
    return Map.of(
        Facts.VIEW, (_, _) -> Facts.encode(Facts.of(members.get())),
        Facts.DATASETS, (caller, _) -> datasets(caller),
        Facts.RESOURCES, this::resources);
  }

  private byte[] datasets(PeerCaller caller) {
    List<DatasetDefinition> all = datasets.get();
    List<Facts.OfDataset> told = new ArrayList<>();
    for (DatasetDefinition dataset : all) {
      if (caller.maySee(dataset.name())) {
        told.add(Facts.OfDataset.of(dataset));
      } else {
        List<String> directories = shown(dataset.name(), caller, all);
        if (!directories.isEmpty()) {
          told.add(Facts.OfDataset.of(dataset).part(directories));
        }
      }
    }
    return Facts.encode(told);
  }

  /// The directories of a dataset that those show which the caller may see.
  private static List<String> shown(
      DatasetName original, PeerCaller caller, List<DatasetDefinition> all) {
    return all.stream()
        .filter(other -> caller.maySee(other.name()))
        .flatMap(other -> other.mounts().stream())
        .flatMap(mount -> DatasetReference.parse(mount.mountPoint()).stream())
        .filter(reference -> reference.original().equals(original))
        .map(DatasetReference::subPath)
        .toList();
  }

  private byte[] resources(PeerCaller caller, byte[] bytes) throws StorageException {
    Facts.Question question = Facts.decode(bytes, new TypeReference<>() {});
    Optional<ResourceKind> kind =
        ResourceKind.find(question.kind()).filter(found -> found != ResourceKind.SECRET);
    List<JsonNode> found = List.of();
    if (kind.isPresent() && question.part() == Facts.Question.Part.EVENTS) {
      DatasetName name =
          new DatasetName(
              Optional.ofNullable(question.namespace()).orElse(DatasetName.DEFAULT_NAMESPACE),
              Optional.ofNullable(question.name()).orElse("-"));
      found = caller.maySee(name) ? control.get().events(kind.get(), name) : List.of();
    } else if (kind.isPresent()) {
      found =
          control.get().list(kind.get(), Optional.ofNullable(question.namespace())).stream()
              .filter(resource -> maySee(caller, resource))
              .toList();
    }
    return Facts.encode(found);
  }

  private static boolean maySee(PeerCaller caller, JsonNode resource) {
    JsonNode metadata = resource.path("metadata");
    String namespace = metadata.path("namespace").asText(DatasetName.DEFAULT_NAMESPACE);
    boolean isLoad = resource.path("kind").asText().equals(ResourceKind.DATA_LOAD.kind());
    JsonNode dataset = isLoad ? resource.path("spec").path("dataset") : metadata;
    String name = dataset.path("name").asText();
    return !name.isEmpty()
        && caller.maySee(new DatasetName(dataset.path("namespace").asText(namespace), name));
  }
}
