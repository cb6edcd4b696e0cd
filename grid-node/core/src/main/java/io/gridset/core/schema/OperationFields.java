package io.gridset.core.schema;

import static io.gridset.core.schema.FieldsBuilder.COUNT;
import static io.gridset.core.schema.FieldsBuilder.FLAG;
import static io.gridset.core.schema.FieldsBuilder.POSITIVE;
import static io.gridset.core.schema.FieldsBuilder.TEXT;
import static io.gridset.core.schema.FieldsBuilder.TEXTS;
import static io.gridset.core.schema.FieldsBuilder.TEXT_LIST;
import static io.gridset.core.schema.FieldsBuilder.kubernetes;
import static io.gridset.core.schema.FieldsBuilder.listOf;
import static io.gridset.core.schema.FieldsBuilder.words;

import io.gridset.core.schema.FieldType.Fields;
import io.gridset.core.schema.FieldType.Items;

/// What the `spec` of each data operation holds.
final class OperationFields {
  private static final FieldType OPERATION =
      words("DataLoad", "DataBackup", "DataMigrate", "DataProcess");

  private static final Fields AFFINITY_STRATEGY =
      new FieldsBuilder()
          .kept("policy", words("", "Require", "Prefer"))
          .kept("dependOn", reference().build())
          .kept(
              "prefers",
              new Items(
                  new FieldsBuilder()
                      .required("name", TEXT)
                      .required("weight", new FieldType.Whole(0, 100))
                      .build()))
          .kept("requires", new Items(new FieldsBuilder().required("name", TEXT).build()))
          .build();

  private static final Fields RUN_AFTER =
      reference().kept("affinityStrategy", AFFINITY_STRATEGY).build();

  private OperationFields() {}

  static Fields load() {
    Fields dataset = new FieldsBuilder().required("name", TEXT).used("namespace", TEXT).build();
    Fields target =
        new FieldsBuilder()
            .required("path", TEXT)
            .about("File or directory in the dataset's tree.")
            .used("replicas", COUNT)
            .about("On how many workers its blocks are to be.")
            .build();
    return new FieldsBuilder()
        .required("dataset", dataset)
        .used("loadMetadata", FLAG)
        .about("Whether listings are made afresh first.")
        .used("target", new Items(target))
        .about("What to load; everything when there is none.")
        .used("policy", words("Once", "Cron", "OnEvent"))
        .byDefault("Once")
        .kept("schedule", TEXT)
        .about("When to load, in the form of cron, for the policy Cron.")
        .used("ttlSecondsAfterFinished", COUNT)
        .used("options", TEXTS)
        .with(podPlace())
        .with(runAfter())
        .with(needsSchedule())
        .build();
  }

  static Fields process() {
    Fields dataset =
        new FieldsBuilder()
            .required("name", TEXT)
            .used("namespace", TEXT)
            .required("mountPath", TEXT)
            .about("Where the container sees the dataset.")
            .kept("subPath", TEXT)
            .build();
    Fields script =
        RuntimeFields.image()
            .kept("command", TEXT_LIST)
            .required("source", TEXT)
            .about("The script's text.")
            .kept("restartPolicy", words("Never", "OnFailure"))
            .byDefault("Never")
            .kept("env", listOf("EnvVar"))
            .kept("volumeMounts", listOf("VolumeMount"))
            .kept("volumes", listOf("Volume"))
            .kept("resources", kubernetes("ResourceRequirements"))
            .build();
    Fields processor =
        new FieldsBuilder()
            .kept("serviceAccountName", TEXT)
            .kept("podMetadata", RuntimeFields.POD_METADATA)
            .kept("job", new FieldsBuilder().kept("podSpec", kubernetes("PodSpec")).build())
            .kept("script", script)
            .exactlyOne("job", "script")
            .build();
    return new FieldsBuilder()
        .required("dataset", dataset)
        .required("processor", processor)
        .about("What runs on the dataset: either job or script.")
        .with(policy())
        .with(runAfter())
        .with(needsSchedule())
        .build();
  }

  static Fields migrate() {
    return new FieldsBuilder()
        .required("from", migrationEnd())
        .required("to", migrationEnd())
        .with(RuntimeFields.image())
        .kept("block", FLAG)
        .kept("runtimeType", TEXT)
        .kept("options", TEXTS)
        .kept("parallelism", POSITIVE)
        .byDefault(1)
        .kept("parallelOptions", TEXTS)
        .with(podPlace())
        .with(policy())
        .with(runAfter())
        .with(needsSchedule())
        .build();
  }

  static Fields backup() {
    return new FieldsBuilder()
        .kept(TEXT, "dataset", "backupPath")
        .kept("runAs", DatasetFields.USER)
        .kept("ttlSecondsAfterFinished", COUNT)
        .with(runAfter())
        .build();
  }

  private static Fields migrationEnd() {
    Fields dataset =
        new FieldsBuilder()
            .required("name", TEXT)
            .required("namespace", TEXT)
            .kept("path", TEXT)
            .build();
    Fields storage =
        new FieldsBuilder()
            .required("uri", TEXT)
            .kept("encryptOptions", DatasetFields.SECRET_OPTIONS)
            .build();
    return new FieldsBuilder()
        .kept("dataset", dataset)
        .kept("externalStorage", storage)
        .exactlyOne("dataset", "externalStorage")
        .build();
  }

  private static FieldsBuilder podPlace() {
    return new FieldsBuilder()
        .kept("podMetadata", RuntimeFields.POD_METADATA)
        .kept("affinity", kubernetes("Affinity"))
        .kept("tolerations", listOf("Toleration"))
        .kept("nodeSelector", TEXTS)
        .kept("schedulerName", TEXT)
        .kept("resources", kubernetes("ResourceRequirements"));
  }

  private static FieldsBuilder policy() {
    return new FieldsBuilder()
        .kept("policy", words("Once", "Cron", "OnEvent"))
        .byDefault("Once")
        .kept("schedule", TEXT)
        .kept("ttlSecondsAfterFinished", COUNT);
  }

  private static FieldsBuilder runAfter() {
    return new FieldsBuilder()
        .kept("runAfter", RUN_AFTER)
        .about("The operation that must be complete before this one begins.");
  }

  private static FieldsBuilder needsSchedule() {
    return new FieldsBuilder()
        .holds(
            "!has(self.policy) || self.policy != 'Cron' || (has(self.schedule) && self.schedule !="
                + " '')",
            "schedule is required when policy is Cron");
  }

  private static FieldsBuilder reference() {
    return new FieldsBuilder()
        .kept("apiVersion", TEXT)
        .required("kind", OPERATION)
        .required("name", TEXT)
        .kept("namespace", TEXT);
  }
}
