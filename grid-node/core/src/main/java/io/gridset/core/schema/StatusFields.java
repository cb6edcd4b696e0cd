package io.gridset.core.schema;

import static io.gridset.core.schema.FieldsBuilder.COUNT;
import static io.gridset.core.schema.FieldsBuilder.FLAG;
import static io.gridset.core.schema.FieldsBuilder.ID;
import static io.gridset.core.schema.FieldsBuilder.TEXT;
import static io.gridset.core.schema.FieldsBuilder.TEXTS;
import static io.gridset.core.schema.FieldsBuilder.TEXT_LIST;
import static io.gridset.core.schema.FieldsBuilder.TIME;
import static io.gridset.core.schema.FieldsBuilder.kubernetes;

import io.gridset.core.schema.FieldType.Fields;
import io.gridset.core.schema.FieldType.Items;
import java.util.List;

/// What the `status` of each kind holds. What Fluid's CRDs require is required here, too: Fluid's
/// Python SDK fails on a status without it.
final class StatusFields {
  private static final Fields CONDITION =
      new FieldsBuilder()
          .required("type", TEXT)
          .required("status", TEXT)
          .kept(TEXT, "reason", "message")
          .kept(TIME, "lastTransitionTime", "lastUpdateTime", "lastProbeTime")
          .kept("observedGeneration", ID)
          .build();

  private static final FieldType CONDITIONS = new Items(CONDITION);

  private static final FieldType MOUNTS = new Items(DatasetFields.MOUNT);

  private StatusFields() {}

  static Fields dataset() {
    return observed()
        .kept("phase", TEXT)
        .kept("ufsTotal", TEXT)
        .about("Bytes of all files in the stores, such as 1.16GiB.")
        .kept("fileNum", TEXT)
        .kept("cacheStates", TEXTS)
        .kept("mounts", MOUNTS)
        .kept("runtimes", DatasetFields.RUNTIMES)
        .required("conditions", CONDITIONS)
        .kept(
            "hcfs",
            new FieldsBuilder().kept(TEXT, "endpoint", "underlayerFileSystemVersion").build())
        .kept("operationRef", TEXTS)
        .about("Running operations by kind, with commas between their names.")
        .kept("datasetRef", TEXT_LIST)
        .about("Datasets of other namespaces that refer to this one.")
        .kept(TEXT, "dataLoadRef", "dataBackupRef")
        .build();
  }

  static Fields runtime() {
    FieldsBuilder fields = observed();
    for (String part : List.of("master", "worker", "fuse")) {
      String capital = Character.toUpperCase(part.charAt(0)) + part.substring(1);
      fields
          .required(part + "Phase", TEXT)
          .kept(part + "Reason", TEXT)
          .required(part + "NumberReady", COUNT)
          .required("desired" + capital + "NumberScheduled", COUNT)
          .required("current" + capital + "NumberScheduled", COUNT);
      if (!part.equals("master")) {
        fields.kept(COUNT, part + "NumberAvailable", part + "NumberUnavailable");
      }
    }
    return fields
        .required("valueFile", TEXT)
        .kept("selector", TEXT)
        .about("Label selector of the workers, for autoscalers.")
        .kept("cacheStates", TEXTS)
        .kept("mounts", MOUNTS)
        .kept("mountTime", TIME)
        .kept("setupDuration", TEXT)
        .kept("conditions", CONDITIONS)
        .kept("cacheAffinity", kubernetes("NodeAffinity"))
        .kept("apiGateway", new FieldsBuilder().kept("endpoint", TEXT).build())
        .build();
  }

  static Fields operation() {
    return operationFields().build();
  }

  static Fields load() {
    Fields member =
        new FieldsBuilder().kept(TEXT, "member", "state").kept(ID, "bytes", "cachedBytes").build();
    Fields progress =
        new FieldsBuilder()
            .kept(TEXT, "phase", "percentage")
            .kept(ID, "totalBytes", "cachedBytes", "totalFiles", "cachedFiles", "failedFiles")
            .kept("elapsedMillis", ID)
            .kept("failures", TEXT_LIST)
            .kept("members", new Items(member))
            .build();
    return operationFields().kept("progress", progress).build();
  }

  static Fields profile() {
    return observed().kept("conditions", CONDITIONS).build();
  }

  private static FieldsBuilder operationFields() {
    return observed()
        .required("phase", TEXT)
        .required("duration", TEXT)
        .required("conditions", CONDITIONS)
        .kept("infos", TEXTS)
        .kept(TIME, "lastScheduleTime", "lastSuccessfulTime")
        .kept("waitingFor", new FieldsBuilder().kept("operationComplete", FLAG).build())
        .kept("nodeAffinity", kubernetes("NodeAffinity"));
  }

  private static FieldsBuilder observed() {
    return new FieldsBuilder()
        .kept("observedGeneration", ID)
        .about("The generation of the manifest that this status is of.");
  }
}
