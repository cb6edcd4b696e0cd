package io.gridset.core.schema;

import static io.gridset.core.schema.FieldsBuilder.COUNT;
import static io.gridset.core.schema.FieldsBuilder.FLAG;
import static io.gridset.core.schema.FieldsBuilder.NUMBERS;
import static io.gridset.core.schema.FieldsBuilder.TEXT;
import static io.gridset.core.schema.FieldsBuilder.TEXTS;
import static io.gridset.core.schema.FieldsBuilder.TEXT_LIST;
import static io.gridset.core.schema.FieldsBuilder.kubernetes;
import static io.gridset.core.schema.FieldsBuilder.listOf;
import static io.gridset.core.schema.FieldsBuilder.words;
import static io.gridset.core.schema.RuntimeFields.CLEAN_POLICY;
import static io.gridset.core.schema.RuntimeFields.NETWORK_MODE;
import static io.gridset.core.schema.RuntimeFields.cache;
import static io.gridset.core.schema.RuntimeFields.componentReplicas;
import static io.gridset.core.schema.RuntimeFields.image;
import static io.gridset.core.schema.RuntimeFields.management;
import static io.gridset.core.schema.RuntimeFields.placed;
import static io.gridset.core.schema.RuntimeFields.pod;
import static io.gridset.core.schema.RuntimeFields.podMetadata;
import static io.gridset.core.schema.RuntimeFields.pullSecrets;
import static io.gridset.core.schema.RuntimeFields.runAs;
import static io.gridset.core.schema.RuntimeFields.volumes;

import io.gridset.core.schema.FieldType.Fields;

/// What the `spec` of each runtime kind holds. A field that is a map in one kind of Fluid's and a
/// list in another is so here, too.
final class EngineFields {
  private EngineFields() {}

  static Fields grid() {
    FieldsBuilder worker = gridPod().kept("options", TEXTS);
    FieldsBuilder fuse =
        gridPod().kept("options", TEXTS).kept("args", TEXT_LIST).kept("cleanPolicy", CLEAN_POLICY);
    return cache()
        .with(image())
        .kept("worker", worker.build())
        .about("The pods that hold the cache.")
        .kept("fuse", fuse.build())
        .about("The pods that mount datasets on nodes.")
        .with(runAs())
        .with(podMetadata())
        .with(volumes())
        .with(management())
        .with(pullSecrets())
        .build();
  }

  static Fields jindo() {
    Fields component =
        componentReplicas()
            .with(pod())
            .with(placed())
            .with(pullSecrets())
            .kept(TEXTS, "properties", "env", "labels")
            .kept("ports", NUMBERS)
            .kept("tolerations", listOf("Toleration"))
            .kept("disabled", FLAG)
            .build();
    Fields fuse =
        image()
            .with(pod())
            .with(pullSecrets())
            .kept(TEXTS, "properties", "env", "labels", "nodeSelector", "logConfig")
            .kept("args", TEXT_LIST)
            .kept("tolerations", listOf("Toleration"))
            .kept("cleanPolicy", CLEAN_POLICY)
            .kept("disabled", FLAG)
            .kept(
                "metrics",
                new FieldsBuilder().kept("enabled", FLAG).kept("scrapeTarget", TEXT).build())
            .build();
    return cache()
        .kept("jindoVersion", RuntimeFields.VERSION)
        .kept("master", component)
        .kept("worker", component)
        .kept("fuse", fuse)
        .kept(TEXTS, "properties", "labels", "logConfig")
        .kept(TEXT, "user", "hadoopConfig", "secret")
        .kept("networkmode", NETWORK_MODE)
        .kept("cleanCachePolicy", RuntimeFields.CLEAN_CACHE)
        .with(runAs())
        .with(podMetadata())
        .with(volumes())
        .with(pullSecrets())
        .build();
  }

  static Fields alluxio() {
    FieldsBuilder java =
        pod()
            .with(placed())
            .with(pullSecrets())
            .kept(TEXTS, "properties", "env")
            .kept("jvmOptions", TEXT_LIST)
            .kept("networkMode", NETWORK_MODE);
    Fields component =
        componentReplicas().with(java).kept("ports", NUMBERS).kept("enabled", FLAG).build();
    Fields fuse =
        image().with(java).kept("args", TEXT_LIST).kept("cleanPolicy", CLEAN_POLICY).build();
    return cache()
        .kept("alluxioVersion", RuntimeFields.VERSION)
        .kept(component, "master", "jobMaster", "worker", "jobWorker", "apiGateway")
        .kept("fuse", fuse)
        .kept("initUsers", RuntimeFields.INIT_USERS)
        .kept("properties", TEXTS)
        .kept("jvmOptions", TEXT_LIST)
        .kept("data", new FieldsBuilder().kept("replicas", COUNT).kept("pin", FLAG).build())
        .kept("disablePrometheus", FLAG)
        .kept("hadoopConfig", TEXT)
        .with(runAs())
        .with(podMetadata())
        .with(volumes())
        .with(management())
        .with(pullSecrets())
        .build();
  }

  static Fields juicefs() {
    FieldsBuilder common =
        pod()
            .with(placed())
            .kept("options", TEXTS)
            .kept("env", listOf("EnvVar"))
            .kept("networkMode", NETWORK_MODE);
    Fields component =
        componentReplicas()
            .with(common)
            .kept("ports", listOf("ContainerPort"))
            .kept("enabled", FLAG)
            .build();
    return cache()
        .kept("juicefsVersion", RuntimeFields.VERSION)
        .kept(component, "master", "worker", "jobWorker")
        .kept("fuse", image().with(common).kept("cleanPolicy", CLEAN_POLICY).build())
        .kept("initUsers", RuntimeFields.INIT_USERS)
        .kept("configs", TEXT_LIST)
        .kept("disablePrometheus", FLAG)
        .kept("volumeClaimTemplates", listOf("PersistentVolumeClaim"))
        .with(runAs())
        .with(podMetadata())
        .with(volumes())
        .with(management())
        .build();
  }

  static Fields vineyard() {
    FieldsBuilder common =
        image().with(pod()).kept(TEXTS, "env", "options").kept("networkMode", NETWORK_MODE);
    FieldsBuilder component =
        componentReplicas().with(common).with(placed()).kept("ports", NUMBERS);
    Fields endpoint =
        new FieldsBuilder()
            .kept("uri", TEXT)
            .kept("options", TEXTS)
            .kept("encryptOptions", DatasetFields.SECRET_OPTIONS)
            .build();
    return cache()
        .kept("worker", component.build())
        .kept("master", new FieldsBuilder().with(component).kept("endpoint", endpoint).build())
        .kept("fuse", new FieldsBuilder().with(common).kept("cleanPolicy", CLEAN_POLICY).build())
        .kept("disablePrometheus", FLAG)
        .with(podMetadata())
        .with(volumes())
        .build();
  }

  static Fields thin() {
    return cache()
        .kept("profileName", TEXT)
        .kept("worker", thinWorker())
        .kept("fuse", thinFuse())
        .kept("disablePrometheus", FLAG)
        .with(runAs())
        .with(volumes())
        .with(management())
        .with(pullSecrets())
        .build();
  }

  static Fields thinProfile() {
    return new FieldsBuilder()
        .required("fileSystemType", TEXT)
        .kept("worker", thinWorker())
        .kept("fuse", thinFuse())
        .kept(
            "nodePublishSecretPolicy",
            words(
                "NotMountNodePublishSecret",
                "MountNodePublishSecretIfExists",
                "CopyNodePublishSecretAndMountIfNotExists"))
        .byDefault("MountNodePublishSecretIfExists")
        .with(volumes())
        .with(pullSecrets())
        .build();
  }

  private static FieldsBuilder gridPod() {
    return pod()
        .with(placed())
        .kept("env", listOf("EnvVar"))
        .kept("ports", listOf("ContainerPort"))
        .kept("affinity", kubernetes("Affinity"))
        .kept("tolerations", listOf("Toleration"))
        .kept("priorityClassName", TEXT)
        .kept("networkMode", NETWORK_MODE);
  }

  private static FieldsBuilder thinContainer() {
    return image()
        .with(placed())
        .with(pullSecrets())
        .kept("env", listOf("EnvVar"))
        .kept("ports", listOf("ContainerPort"))
        .kept("resources", kubernetes("ResourceRequirements"))
        .kept(kubernetes("Probe"), "livenessProbe", "readinessProbe")
        .kept("networkMode", NETWORK_MODE);
  }

  private static Fields thinWorker() {
    return componentReplicas().with(thinContainer()).kept("enabled", FLAG).build();
  }

  private static Fields thinFuse() {
    return thinContainer()
        .kept("podMetadata", RuntimeFields.POD_METADATA)
        .kept("options", TEXTS)
        .kept(TEXT_LIST, "command", "args")
        .kept("lifecycle", kubernetes("Lifecycle"))
        .kept("cleanPolicy", CLEAN_POLICY)
        .build();
  }
}
