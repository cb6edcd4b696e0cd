package io.gridset.operator.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.operator.webhook.ClusterFacts.SidecarForm;
import io.gridset.operator.webhook.DatasetMount.Access;
import io.gridset.operator.webhook.PodClaims.Use;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;

/// Gives pods the containers that mount their datasets. Pure; thread-safe.
///
/// The claim's volume becomes a directory of the node, one for each pod and dataset, which the
/// sidecar mounts upon and the pod's containers see. A directory of the pod itself (emptyDir) is
/// none for it: the kubelet empties that when the pod ends, through a mount that is still there.
final class SidecarInjector {
  /// As Fluid's documentation calls it; a second dataset's is `fluid-fuse-1`.
  private static final String NAME = "fluid-fuse";

  private static final String DONE = "done.sidecar.fluid.io/inject";
  private static final String IN_USE = "fluid.io/datasets-in-use";
  private static final String DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container";
  private static final String NO_HOOK = "fuse.sidecar.poststart.fluid.io/inject";

  private final ClusterFacts facts;
  private final SidecarSettings settings;

  /// A volume with a dataset that workers serve.
  record Reachable(Use use, Access.Grid grid) {
    DatasetMount dataset() {
      return use.dataset();
    }
  }

  SidecarInjector(ClusterFacts facts, SidecarSettings settings) {
    this.facts = facts;
    this.settings = settings;
  }

  Outcome inject(PodRequest request, List<Reachable> uses) {
    PodDraft draft = new PodDraft(request.pod());
    SidecarForm form = facts.sidecarForm();
    List<ObjectNode> containers = new ArrayList<>();
    Map<String, Sidecar> sidecars = new LinkedHashMap<>();
    for (Reachable use : uses) {
      String dataset = use.dataset().name().toString();
      Sidecar sidecar = sidecars.get(dataset);
      if (sidecar == null) {
        sidecar = sidecar(draft, use, directory(request, use.dataset()), containers);
        sidecars.put(dataset, sidecar);
        containers.add(
            form == SidecarForm.NATIVE
                ? sidecar.nativeContainer()
                : sidecar.ordinaryContainer(hook(draft)));
        use.dataset().fuse().pullSecrets().forEach(secret -> pull(draft, secret));
        draft.append("volumes", sidecar.mountVolume());
        draft.append("volumes", sidecar.tokenVolume());
      }
      replace(draft, use.use(), sidecar);
    }
    if (form == SidecarForm.ORDINARY) {
      keepDefaultContainer(draft);
    }
    draft.prepend(form == SidecarForm.NATIVE ? "initContainers" : "containers", containers);
    note(draft, uses);
    return new Outcome.Changed(draft.patch(), warnings(uses));
  }

  /// `kubectl logs` and `exec` mean the first container, which is to be the user's.
  private static void keepDefaultContainer(PodDraft draft) {
    ObjectNode annotations = draft.metadata().withObjectProperty("annotations");
    List<ObjectNode> containers = draft.entries("containers");
    if (!annotations.has(DEFAULT_CONTAINER) && !containers.isEmpty()) {
      annotations.set(DEFAULT_CONTAINER, containers.getFirst().path("name"));
    }
  }

  private static void pull(PodDraft draft, JsonNode secret) {
    if (secret instanceof ObjectNode named && !draft.entries("imagePullSecrets").contains(named)) {
      draft.append("imagePullSecrets", named.deepCopy());
    }
  }

  private Sidecar sidecar(
      PodDraft draft, Reachable use, String directory, List<ObjectNode> before) {
    DatasetMount dataset = use.dataset();
    String name = NAME;
    for (int i = 1; isTaken(draft, before, name); i++) {
      name = NAME + "-" + i;
    }
    return new Sidecar(
        dataset,
        use.grid(),
        settings,
        name,
        directory,
        new Sidecar.Volumes(
            draft.freeName(name + "-mount", "volumes"),
            draft.freeName(name + "-token", "volumes")));
  }

  private static boolean isTaken(PodDraft draft, List<ObjectNode> more, String name) {
    return !draft.freeName(name, "containers", "initContainers").equals(name)
        || more.stream().anyMatch(container -> container.path("name").asText().equals(name));
  }

  /// A directory that no other pod has: the request's id tells them apart, since a pod has no id of
  /// its own, and often no name, before it is admitted.
  private String directory(PodRequest request, DatasetMount dataset) {
    String own =
        UUID.nameUUIDFromBytes(request.uid().getBytes(StandardCharsets.UTF_8))
            .toString()
            .replace("-", "");
    return "%s/%s/%s/%s/sidecar-%s"
        .formatted(
            settings.mountRoot(),
            dataset.runtime(),
            dataset.name().namespace(),
            dataset.name().name(),
            own);
  }

  private static Sidecar.Hook hook(PodDraft draft) {
    return draft.metadata().path("labels").path(NO_HOOK).asText().equals("false")
        ? Sidecar.Hook.NONE
        : Sidecar.Hook.WAIT;
  }

  private static void replace(PodDraft draft, Use use, Sidecar sidecar) {
    for (ObjectNode volume : draft.entries("volumes")) {
      if (volume.path("name").asText().equals(use.volume())) {
        volume.removeAll();
        volume.setAll(sidecar.dataVolume(use.volume()));
      }
    }
    draft.eachMount(
        use.volume(),
        mount -> {
          if (!mount.path("mountPropagation").asText().equals("Bidirectional")) {
            mount.put("mountPropagation", "HostToContainer");
          }
          if (use.isReadOnly()) {
            mount.put("readOnly", true);
          }
        });
  }

  private static void note(PodDraft draft, List<Reachable> uses) {
    draft.metadata().withObjectProperty("labels").put(DONE, "true");
    ObjectNode annotations = draft.metadata().withObjectProperty("annotations");
    TreeSet<String> names = new TreeSet<>();
    JsonNode before = annotations.path(IN_USE);
    if (before.isTextual() && !before.asText().isEmpty()) {
      names.addAll(List.of(before.asText().split(",")));
    }
    uses.forEach(use -> names.add(use.dataset().name().name()));
    annotations.put(IN_USE, String.join(",", names));
  }

  private static List<String> warnings(List<Reachable> uses) {
    return uses.stream()
        .map(Reachable::dataset)
        .filter(dataset -> !dataset.isBound())
        .map(
            dataset ->
                "Dataset "
                    + dataset.name()
                    + " is not Bound yet: the containers of this pod start once it is mounted")
        .distinct()
        .toList();
  }
}
