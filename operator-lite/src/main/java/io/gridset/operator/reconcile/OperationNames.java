package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;

/// Names, labels and frame of what is made for data operations, by Fluid's conventions. Pure.
final class OperationNames {
  /// On all of it: the dataset.
  static final String DATASET = "targetDataset";

  /// A Job's name is a label's value, and suffixes come behind.
  private static final int NAME_MAX = 44;

  private static final int LABEL_MAX = 63;

  private OperationNames() {}

  /// `<operation>-<suffix>`; a name that would be too long is cut, with a sum of the whole.
  static String release(OperationView operation, String suffix) {
    return shortened(operation.name(), NAME_MAX) + "-" + suffix;
  }

  private static String shortened(String name, int most) {
    if (name.length() <= most) {
      return name;
    }
    CRC32 sum = new CRC32();
    sum.update(name.getBytes(StandardCharsets.UTF_8));
    String end = "-" + HexFormat.of().toHexDigits((int) sum.getValue());
    return name.substring(0, most - end.length()).replaceAll("[-.]+$", "") + end;
  }

  static Map<String, String> labels(OperationView operation, String release) {
    Map<String, String> labels = new TreeMap<>();
    labels.put(Names.MANAGED_BY, Names.MANAGER);
    labels.put("release", release);
    labels.put("app", "fluid-" + operation.kind().toLowerCase(Locale.ROOT));
    labels.put(DATASET, shortened(OperationView.dataset(operation.document()).name(), LABEL_MAX));
    return labels;
  }

  /// A Job of one run, which it bears.
  static ObjectNode job(OperationView operation, OperationRun run, String name, ObjectNode spec) {
    String kind = operation.kind().toLowerCase(Locale.ROOT);
    Map<String, String> labels = labels(operation, name.substring(0, name.lastIndexOf('-')));
    labels.put("role", kind + "-job");
    return Json.of(
        "apiVersion",
        "batch/v1",
        "kind",
        "Job",
        "metadata",
        Json.of(
            "name", name,
            "namespace", operation.namespace(),
            "labels", labels,
            "annotations", Map.of(GridReport.SOURCE, run.source()),
            "ownerReferences", Json.list(Ownership.controlledBy(operation.document()))),
        "spec",
        spec);
  }
}
