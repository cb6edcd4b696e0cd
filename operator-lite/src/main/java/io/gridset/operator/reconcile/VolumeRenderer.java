package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.manifest.DatasetSpec;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Renders the volume and the claim through which pods use a dataset, and the pods that mount it on
/// nodes. Pure.
final class VolumeRenderer {
  private static final String SIZE_ANNOTATION = "pvc.fluid.io/resources.requests.storage";
  private static final String SIZE_DEFAULT = "100Pi";
  private static final String CLASS = "fluid";

  private final Names names;
  private final JsonNode dataset;

  /// Whose mounts are used: another dataset's when this one refers to it.
  private final Names source;

  private final String subPath;

  VolumeRenderer(Names names, JsonNode dataset, Names source, String subPath) {
    this.names = names;
    this.dataset = dataset;
    this.source = source;
    this.subPath = subPath;
  }

  ObjectNode volume(List<String> accessModes) {
    return Json.of(
        "apiVersion",
        "v1",
        "kind",
        "PersistentVolume",
        "metadata",
        Json.of(
            "name", names.volume(),
            "labels", labels(),
            "annotations", Map.of("CreatedBy", "fluid")),
        "spec",
        Json.of(
            "accessModes",
            accessModes,
            "capacity",
            Json.of("storage", size()),
            "claimRef",
            Json.of(
                "apiVersion",
                "v1",
                "kind",
                "PersistentVolumeClaim",
                "namespace",
                names.dataset().namespace(),
                "name",
                names.dataset().name()),
            "csi",
            Json.of(
                "driver", "fuse.csi.fluid.io",
                "volumeHandle", names.volume(),
                "volumeAttributes", attributes()),
            "persistentVolumeReclaimPolicy",
            "Retain",
            "storageClassName",
            CLASS,
            "volumeMode",
            "Filesystem"));
  }

  /// What Fluid's CSI plugin reads.
  private ObjectNode attributes() {
    return Json.of(
        "fluid_path", source.fusePath(),
        "mount_type", "fuse.gridset",
        "runtime_namespace", source.dataset().namespace(),
        "runtime_name", source.dataset().name(),
        "mount_pod_node_selector_key", source.fuseKey(),
        "fluid_sub_path", subPath);
  }

  ObjectNode claim(List<String> accessModes) {
    return Json.of(
        "apiVersion",
        "v1",
        "kind",
        "PersistentVolumeClaim",
        "metadata",
        Json.of(
            "name", names.dataset().name(),
            "namespace", names.dataset().namespace(),
            "labels", labels(),
            "annotations", Map.of("CreatedBy", "fluid"),
            "ownerReferences", Json.list(Ownership.controlledBy(dataset))),
        "spec",
        Json.of(
            "accessModes",
            accessModes,
            "resources",
            Json.of("requests", Json.of("storage", size())),
            "storageClassName",
            CLASS,
            "volumeMode",
            "Filesystem",
            "volumeName",
            names.volume()));
  }

  private String size() {
    String size = dataset.path("metadata").path("annotations").path(SIZE_ANNOTATION).asText("");
    return size.isEmpty() ? SIZE_DEFAULT : size;
  }

  private Map<String, String> labels() {
    Map<String, String> labels = new TreeMap<>(names.labels());
    labels.put(names.nodeKey(), "true");
    if (!source.equals(names)) {
      labels.put("fluid.io/dataset.referring-name", source.dataset().name());
      labels.put("fluid.io/dataset.referring-namespace", source.dataset().namespace());
    }
    return labels;
  }

  /// What the dataset asks for, without writing.
  static List<String> readOnly(JsonNode dataset) {
    DatasetSpec spec = DatasetSpec.of(dataset);
    return spec.wantsWrites() ? List.of("ReadOnlyMany") : spec.accessModes();
  }

  /// What the dataset asks for, never more than what its source allows.
  static List<String> accessModes(JsonNode dataset, JsonNode source) {
    DatasetSpec spec = DatasetSpec.of(dataset);
    return spec.wantsWrites() && !DatasetSpec.of(source).wantsWrites()
        ? List.of("ReadOnlyMany")
        : spec.accessModes();
  }
}
