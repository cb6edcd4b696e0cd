package io.gridset.core.schema;

import static io.gridset.core.schema.FieldsBuilder.COUNT;
import static io.gridset.core.schema.FieldsBuilder.FLAG;
import static io.gridset.core.schema.FieldsBuilder.POSITIVE;
import static io.gridset.core.schema.FieldsBuilder.TEXT;
import static io.gridset.core.schema.FieldsBuilder.TEXTS;
import static io.gridset.core.schema.FieldsBuilder.kubernetes;
import static io.gridset.core.schema.FieldsBuilder.listOf;
import static io.gridset.core.schema.FieldsBuilder.words;

import io.gridset.core.schema.FieldType.Fields;
import io.gridset.core.schema.FieldType.Items;
import io.gridset.core.schema.FieldType.Quantity;
import io.gridset.core.schema.FieldType.Ratio;
import io.gridset.core.schema.FieldType.Text;

/// What the runtime kinds have in common.
final class RuntimeFields {
  private static final String SIZE = "[0-9]+(\\.[0-9]+)?([KMGTP]i|[kMGTP])?";

  private static final Fields LEVEL =
      new FieldsBuilder()
          .required("mediumtype", words("MEM", "SSD", "HDD"))
          .about("What the tier is made of.")
          .kept("volumeType", words("hostPath", "emptyDir"))
          .byDefault("hostPath")
          .about("The volume that holds the tier.")
          .kept("volumeSource", kubernetes("VolumeSource"))
          .used("path", new Text(1, "", ""))
          .about("Directory of the tier, or several with commas between them.")
          .used("quota", new Quantity())
          .about("How much the tier may hold on each worker, split over its paths.")
          .used("quotaList", new Text(0, "^" + SIZE + "(," + SIZE + ")*$", ""))
          .about("One quota for each path, with commas between them.")
          .used("high", new Ratio())
          .about("Fill ratio at which eviction begins, such as \"0.95\".")
          .used("low", new Ratio())
          .about("Fill ratio at which eviction ends, such as \"0.7\".")
          .atLeastOne("quota", "quotaList")
          .holds(
              "!has(self.low) || !has(self.high) || double(self.low) <= double(self.high)",
              "low must not be above high")
          .build();

  static final FieldType TIERED_STORE =
      new FieldsBuilder()
          .used("levels", new Items(LEVEL))
          .about("Tiers of the cache, the fastest first.")
          .build();

  static final Fields POD_METADATA =
      new FieldsBuilder().kept(TEXTS, "labels", "annotations").build();

  static final FieldType NETWORK_MODE = words("", "HostNetwork", "ContainerNetwork");

  static final FieldType CLEAN_POLICY = words("", "OnRuntimeDeleted", "OnDemand", "OnFuseChanged");

  static final FieldType PULL_POLICY = words("", "Always", "IfNotPresent", "Never");

  static final Fields CLEAN_CACHE =
      new FieldsBuilder()
          .kept("gracePeriodSeconds", COUNT)
          .byDefault(60)
          .kept("maxRetryAttempts", COUNT)
          .byDefault(3)
          .build();

  static final Fields MANAGEMENT =
      new FieldsBuilder()
          .kept("cleanCachePolicy", CLEAN_CACHE)
          .kept("metadataSyncPolicy", new FieldsBuilder().kept("autoSync", FLAG).build())
          .build();

  /// An image that an engine of Fluid's would run.
  static final Fields VERSION = image().build();

  static final Fields INIT_USERS =
      image().kept("env", TEXTS).kept("resources", kubernetes("ResourceRequirements")).build();

  private RuntimeFields() {}

  static FieldsBuilder image() {
    return new FieldsBuilder().kept(TEXT, "image", "imageTag").kept("imagePullPolicy", PULL_POLICY);
  }

  /// What every component's pod may have.
  static FieldsBuilder pod() {
    return new FieldsBuilder()
        .kept("resources", kubernetes("ResourceRequirements"))
        .kept("podMetadata", POD_METADATA);
  }

  /// What may be said where a component's pod runs and what it mounts.
  static FieldsBuilder placed() {
    return new FieldsBuilder()
        .kept("nodeSelector", TEXTS)
        .kept("volumeMounts", listOf("VolumeMount"));
  }

  static FieldsBuilder componentReplicas() {
    return new FieldsBuilder().kept("replicas", POSITIVE);
  }

  static FieldsBuilder pullSecrets() {
    return new FieldsBuilder().kept("imagePullSecrets", listOf("LocalObjectReference"));
  }

  /// `replicas` and `tieredstore`, on which every node acts.
  static FieldsBuilder cache() {
    return new FieldsBuilder()
        .used("replicas", COUNT)
        .about("How many workers hold the cache.")
        .used("tieredstore", TIERED_STORE)
        .about("Where each worker keeps cached bytes, and how many.");
  }

  static FieldsBuilder volumes() {
    return new FieldsBuilder().kept("volumes", listOf("Volume"));
  }

  static FieldsBuilder runAs() {
    return new FieldsBuilder().kept("runAs", DatasetFields.USER);
  }

  static FieldsBuilder podMetadata() {
    return new FieldsBuilder()
        .kept("podMetadata", POD_METADATA)
        .about("Labels and annotations of all pods of the runtime.");
  }

  static FieldsBuilder management() {
    return new FieldsBuilder().kept("management", MANAGEMENT);
  }
}
