package io.gridset.core.manifest;

import io.gridset.core.manifest.FieldType.AnyList;
import io.gridset.core.manifest.FieldType.AnyObject;
import io.gridset.core.manifest.FieldType.Anything;
import io.gridset.core.manifest.FieldType.Choice;
import io.gridset.core.manifest.FieldType.Field;
import io.gridset.core.manifest.FieldType.Fields;
import io.gridset.core.manifest.FieldType.Flag;
import io.gridset.core.manifest.FieldType.Items;
import io.gridset.core.manifest.FieldType.Quantity;
import io.gridset.core.manifest.FieldType.Ratio;
import io.gridset.core.manifest.FieldType.Text;
import io.gridset.core.manifest.FieldType.Texts;
import io.gridset.core.manifest.FieldType.Treatment;
import io.gridset.core.manifest.FieldType.Whole;
import java.util.ArrayList;
import java.util.List;

/// The fields of each kind's manifest, from Fluid's CRDs (`data.fluid.io/v1alpha1`, chart 1.1.0).
/// The parts of the runtime kinds that one machine does not act on (master, worker, fuse) share one
/// table, the union of the kinds: it catches misspelt names, which is all that is asked of it.
final class FluidFields {
  private static final FieldType TEXT = new Text();
  private static final FieldType TEXTS = new Texts();
  private static final FieldType FLAG = new Flag();
  private static final FieldType OBJECT = new AnyObject();
  private static final FieldType LIST = new AnyList();
  private static final FieldType ANY = new Anything();
  private static final FieldType COUNT = new Whole(0, Integer.MAX_VALUE);

  private static final Fields SECRET_OPTION =
      Fields.of(
          required("name", TEXT),
          required(
              "valueFrom",
              Fields.of(
                  required(
                      "secretKeyRef", Fields.of(required("name", TEXT), required("key", TEXT))))));

  private static final Fields MOUNT =
      Fields.of(
          required("mountPoint", TEXT),
          used("name", TEXT),
          used("path", TEXT),
          used("options", TEXTS),
          used("encryptOptions", new Items(SECRET_OPTION)),
          used("readOnly", FLAG),
          kept("shared", FLAG));

  private static final Fields DATASET =
      Fields.of(
          used("mounts", new Items(MOUNT)),
          used(
              "accessModes",
              new Items(
                  new Choice(
                      List.of(
                          "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")))),
          used("sharedOptions", TEXTS),
          used("sharedEncryptOptions", new Items(SECRET_OPTION)),
          kept(
              "owner",
              Fields.of(
                  required("uid", ANY),
                  required("gid", ANY),
                  required("user", TEXT),
                  required("group", TEXT))),
          kept("nodeAffinity", Fields.of(kept("required", OBJECT))),
          kept("tolerations", LIST),
          kept("runtimes", LIST),
          kept("placement", new Choice(List.of("", "Exclusive", "Shared"))),
          kept("dataRestoreLocation", Fields.of(kept("path", TEXT), kept("nodeName", TEXT))));

  private static final Fields LEVEL =
      Fields.of(
          required("mediumtype", new Choice(List.of("MEM", "SSD", "HDD"))),
          kept("volumeType", new Choice(List.of("hostPath", "emptyDir"))),
          kept("volumeSource", OBJECT),
          used("path", TEXT),
          used("quota", new Quantity()),
          used("quotaList", TEXT),
          used("high", new Ratio()),
          used("low", new Ratio()));

  private static final FieldType TIERED_STORE = Fields.of(used("levels", new Items(LEVEL)));

  private static final Fields VERSION =
      Fields.of(kept("image", TEXT), kept("imageTag", TEXT), kept("imagePullPolicy", TEXT));

  private static final Fields COMPONENT = component();

  private static final Fields MANAGEMENT =
      Fields.of(
          kept("cleanCachePolicy", cleanCachePolicy()),
          kept("metadataSyncPolicy", Fields.of(kept("autoSync", FLAG))));

  private static final Fields DATA_LOAD =
      Fields.of(
          required("dataset", Fields.of(required("name", TEXT), used("namespace", TEXT))),
          used("loadMetadata", FLAG),
          used("target", new Items(Fields.of(required("path", TEXT), used("replicas", COUNT)))),
          used("policy", new Choice(List.of("Once", "Cron", "OnEvent"))),
          used("ttlSecondsAfterFinished", COUNT),
          kept("schedule", TEXT),
          used("options", TEXTS),
          kept("podMetadata", OBJECT),
          kept("affinity", OBJECT),
          kept("tolerations", LIST),
          kept("nodeSelector", TEXTS),
          kept("schedulerName", TEXT),
          kept("runAfter", runAfter()),
          kept("resources", OBJECT));

  static final Fields METADATA =
      Fields.of(
          required("name", TEXT),
          used("namespace", TEXT),
          used("labels", TEXTS),
          used("annotations", TEXTS),
          used("generateName", TEXT),
          used("finalizers", LIST),
          used("ownerReferences", LIST),
          used("managedFields", LIST),
          used("uid", TEXT),
          used("resourceVersion", TEXT),
          used("creationTimestamp", ANY),
          used("deletionTimestamp", ANY),
          used("deletionGracePeriodSeconds", ANY),
          used("generation", ANY),
          used("selfLink", TEXT));

  private static final Field API_VERSION = required("apiVersion", TEXT);
  private static final Field KIND = required("kind", TEXT);
  private static final Field METADATA_FIELD = required("metadata", METADATA);
  private static final Field STATUS = used("status", ANY);

  private FluidFields() {}

  /// The whole document of a kind.
  static Fields of(ResourceKind kind) {
    return switch (kind) {
      case SECRET ->
          Fields.of(
              API_VERSION,
              KIND,
              METADATA_FIELD,
              used("type", TEXT),
              used("data", TEXTS),
              used("stringData", TEXTS),
              kept("immutable", FLAG),
              STATUS);
      case DATASET -> document(used("spec", DATASET));
      case DATA_LOAD -> document(required("spec", DATA_LOAD));
      case JINDO_RUNTIME -> jindo();
      case ALLUXIO_RUNTIME -> alluxio();
      case JUICEFS_RUNTIME -> juicefs();
      case VINEYARD_RUNTIME -> runtime(kept("disablePrometheus", FLAG));
      case GRID_RUNTIME -> runtime();
    };
  }

  private static Fields jindo() {
    return runtime(
        kept("jindoVersion", VERSION),
        kept("properties", TEXTS),
        kept("user", TEXT),
        kept("hadoopConfig", TEXT),
        kept("secret", TEXT),
        kept("labels", TEXTS),
        kept("logConfig", TEXTS),
        kept("networkmode", networkMode()),
        kept("cleanCachePolicy", cleanCachePolicy()));
  }

  private static Fields alluxio() {
    return runtime(
        kept("alluxioVersion", VERSION),
        kept("jobMaster", COMPONENT),
        kept("jobWorker", COMPONENT),
        kept("apiGateway", COMPONENT),
        kept("initUsers", OBJECT),
        kept("properties", TEXTS),
        kept("jvmOptions", LIST),
        kept("data", Fields.of(kept("replicas", COUNT), kept("pin", FLAG))),
        kept("disablePrometheus", FLAG),
        kept("hadoopConfig", TEXT));
  }

  private static Fields juicefs() {
    return runtime(
        kept("juicefsVersion", VERSION),
        kept("initUsers", OBJECT),
        kept("jobWorker", COMPONENT),
        kept("configs", ANY),
        kept("disablePrometheus", FLAG),
        kept("volumeClaimTemplates", LIST));
  }

  private static Fields document(Field spec) {
    return Fields.of(API_VERSION, KIND, METADATA_FIELD, spec, STATUS);
  }

  private static Fields runtime(Field... own) {
    List<Field> fields = new ArrayList<>(List.of(own));
    fields.add(used("replicas", COUNT));
    fields.add(used("tieredstore", TIERED_STORE));
    fields.add(kept("master", COMPONENT));
    fields.add(kept("worker", COMPONENT));
    fields.add(kept("fuse", COMPONENT));
    fields.add(kept("runAs", OBJECT));
    fields.add(kept("podMetadata", OBJECT));
    fields.add(kept("volumes", LIST));
    fields.add(kept("management", MANAGEMENT));
    fields.add(kept("imagePullSecrets", LIST));
    return document(used("spec", Fields.of(fields.toArray(Field[]::new))));
  }

  private static Fields component() {
    List<Field> fields = new ArrayList<>();
    for (String name :
        List.of(
            "properties",
            "ports",
            "env",
            "options",
            "configs",
            "probes",
            "resources",
            "args",
            "command",
            "jvmOptions",
            "volumeMounts",
            "imagePullSecrets",
            "tolerations",
            "labels",
            "podMetadata",
            "nodeSelector",
            "logConfig",
            "lifecycle",
            "livenessProbe",
            "readinessProbe",
            "runAs",
            "volumes",
            "endpoint")) {
      fields.add(kept(name, ANY));
    }
    fields.add(kept("image", TEXT));
    fields.add(kept("imageTag", TEXT));
    fields.add(kept("imagePullPolicy", TEXT));
    fields.add(kept("replicas", COUNT));
    fields.add(kept("enabled", FLAG));
    fields.add(kept("disabled", FLAG));
    fields.add(kept("networkMode", networkMode()));
    fields.add(
        kept(
            "cleanPolicy",
            new Choice(List.of("OnRuntimeDeleted", "OnDemand", "OnFuseChanged", "None"))));
    fields.add(kept("metrics", Fields.of(kept("enabled", FLAG), kept("scrapeTarget", TEXT))));
    return Fields.of(fields.toArray(Field[]::new));
  }

  private static FieldType networkMode() {
    return new Choice(List.of("", "HostNetwork", "ContainerNetwork"));
  }

  private static FieldType cleanCachePolicy() {
    return Fields.of(kept("gracePeriodSeconds", COUNT), kept("maxRetryAttempts", COUNT));
  }

  private static FieldType runAfter() {
    return Fields.of(
        required(
            "kind", new Choice(List.of("DataLoad", "DataBackup", "DataMigrate", "DataProcess"))),
        required("name", TEXT),
        kept("namespace", TEXT),
        kept("affinityStrategy", OBJECT));
  }

  private static Field required(String name, FieldType type) {
    return new Field(name, type, Treatment.REQUIRED);
  }

  private static Field used(String name, FieldType type) {
    return new Field(name, type, Treatment.USED);
  }

  private static Field kept(String name, FieldType type) {
    return new Field(name, type, Treatment.KEPT);
  }
}
