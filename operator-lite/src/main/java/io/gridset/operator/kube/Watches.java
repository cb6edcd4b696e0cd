package io.gridset.operator.kube;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.gridset.core.dataset.DatasetName;
import io.gridset.operator.reconcile.DatasetReconciler;
import io.gridset.operator.reconcile.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/// Keeps a mirror of what concerns the operator, and tells which datasets each change concerns. A
/// watch that breaks off is begun anew with a list. Constructed means complete.
final class Watches implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();

  private final KubernetesClient client;
  private final Mirror mirror;
  private final Consumer<DatasetName> concerned;
  private final List<SharedIndexInformer<GenericKubernetesResource>> informers = new ArrayList<>();

  Watches(KubernetesClient client, Mirror mirror, Consumer<DatasetName> concerned) {
    this.client = client;
    this.mirror = mirror;
    this.concerned = concerned;
    for (WatchedKind kind : WatchedKind.values()) {
      if (kind.scope() != WatchedKind.Scope.WRITTEN) {
        informers.add(inform(kind));
      }
    }
  }

  private SharedIndexInformer<GenericKubernetesResource> inform(WatchedKind kind) {
    var all = client.genericKubernetesResources(kind.context()).inAnyNamespace();
    return switch (kind.scope()) {
      case OURS, OURS_OF_CLUSTER ->
          all.withLabel(Names.MANAGED_BY, Names.MANAGER).inform(new Handler(kind), 0);
      case USERS, CLUSTER, WRITTEN -> all.inform(new Handler(kind), 0);
    };
  }

  boolean isWatching() {
    return informers.stream().allMatch(SharedIndexInformer::isRunning);
  }

  @Override
  public void close() {
    informers.forEach(SharedIndexInformer::stop);
  }

  /// `unknown`: fabric8 gives it to what was deleted while the watch was broken; the last known
  /// state serves.
  private final class Handler implements ResourceEventHandler<GenericKubernetesResource> {
    private final WatchedKind kind;

    Handler(WatchedKind kind) {
      this.kind = kind;
    }

    @Override
    public void onAdd(GenericKubernetesResource added) {
      ObjectNode object = tree(added);
      mirror.put(kind, object);
      tell(object);
    }

    @Override
    public void onUpdate(GenericKubernetesResource before, GenericKubernetesResource after) {
      ObjectNode object = tree(after);
      mirror.put(kind, object);
      if (before
          .getMetadata()
          .getResourceVersion()
          .equals(object.at("/metadata/resourceVersion").asText())) {
        return;
      }
      if (kind == WatchedKind.DATASET || kind.isOperation()) {
        tell(tree(before)); // It may have referred to something else.
      }
      tell(object);
    }

    @Override
    public void onDelete(GenericKubernetesResource deleted, boolean unknown) {
      ObjectNode object = tree(deleted);
      mirror.remove(kind, object);
      tell(object);
    }

    private void tell(ObjectNode object) {
      switch (kind.scope()) {
        case USERS -> tellUsers(object);
        case OURS, OURS_OF_CLUSTER -> Names.owner(object).ifPresent(concerned);
        case CLUSTER, WRITTEN -> {}
      }
    }

    private void tellUsers(ObjectNode object) {
      Set<DatasetName> names = DatasetReconciler.concerned(object);
      names.forEach(concerned);
      if (kind.isOperation()) {
        tellThoseAfter(object);
      }
      if (kind == WatchedKind.DATASET) {
        for (ObjectNode other : mirror.list(kind, each -> true)) {
          Set<DatasetName> of = DatasetReconciler.concerned(other);
          if (of.size() > 1 && of.stream().anyMatch(names::contains)) {
            of.forEach(concerned);
          }
        }
      }
    }
  }

  private void tellThoseAfter(ObjectNode changed) {
    for (WatchedKind kind : WatchedKind.values()) {
      if (kind.isOperation()) {
        mirror.list(kind, each -> DatasetReconciler.comesAfter(each, changed)).stream()
            .flatMap(each -> DatasetReconciler.concerned(each).stream())
            .forEach(concerned);
      }
    }
  }

  private ObjectNode tree(GenericKubernetesResource object) {
    try {
      // Through the text: a parser reads all numbers alike, and trees are compared.
      ObjectNode tree = (ObjectNode) JSON.readTree(JSON.writeValueAsString(object));
      if (tree.path("metadata") instanceof ObjectNode metadata) {
        metadata.remove("managedFields");
      }
      return tree;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an object of Kubernetes is no JSON", e);
    }
  }
}
