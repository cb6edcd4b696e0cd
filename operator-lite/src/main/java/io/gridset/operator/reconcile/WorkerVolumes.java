package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.dataset.TierDefinition.Medium;
import io.gridset.core.manifest.DatasetSpec;
import io.gridset.core.manifest.EncryptOption;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// Renders what a worker's container finds in its file system: tokens, the stores' Secrets as the
/// files in which a node looks for them, and the tiers at the paths that the manifest names. Pure.
final class WorkerVolumes {
  static final String STATE = "/var/lib/gridset";
  static final String RUN = "/run/gridset";
  static final String TOKENS = "/run/gridset-tokens";

  private final Names names;
  private final JsonNode dataset;
  private final RuntimeView runtime;
  private final Settings settings;

  WorkerVolumes(Names names, JsonNode dataset, RuntimeView runtime, Settings settings) {
    this.names = names;
    this.dataset = dataset;
    this.runtime = runtime;
    this.settings = settings;
  }

  ArrayNode mounts() {
    ArrayNode mounts =
        Json.list(
            mount("state", STATE),
            mount("run", RUN),
            mount("temporary", "/tmp"),
            Json.of(
                "name", "tokens", "mountPath", RUN + "/token", "subPath", "api", "readOnly", true),
            Json.of("name", "tokens", "mountPath", TOKENS, "readOnly", true));
    List<RuntimeView.Tier> tiers = runtime.tiers();
    for (int i = 0; i < tiers.size(); i++) {
      mounts.add(mount("tier-" + i, tiers.get(i).definition().path()));
    }
    for (String secret : storeSecrets()) {
      String place = STATE + "/secrets/" + names.dataset().namespace() + "/" + secret;
      mounts.add(Json.of("name", volumeOf(secret), "mountPath", place, "readOnly", true));
    }
    runtime.worker().path("volumeMounts").forEach(mounts::add);
    return mounts;
  }

  private static ObjectNode mount(String name, String path) {
    return Json.of("name", name, "mountPath", path);
  }

  ArrayNode volumes() {
    ArrayNode volumes =
        Json.list(
            Json.of("name", "state", "emptyDir", Json.of()),
            Json.of("name", "run", "emptyDir", Json.of()),
            Json.of("name", "temporary", "emptyDir", Json.of()),
            secret("tokens", settings.secrets().secretName(names.dataset().name(), runtime.uid())));
    for (int i = 0; i < runtime.tiers().size(); i++) {
      volumes.add(tierVolume("tier-" + i, runtime.tiers().get(i)));
    }
    for (String secret : storeSecrets()) {
      // A worker that starts before its Secret tells so, rather than hang in the kubelet.
      ObjectNode volume = secret(volumeOf(secret), secret);
      volume.withObject("/secret").put("optional", true);
      volumes.add(volume);
    }
    runtime.document().at("/spec/volumes").forEach(volumes::add);
    return volumes;
  }

  private static String volumeOf(String secret) {
    return "store-" + Integer.toHexString(secret.hashCode());
  }

  private static ObjectNode secret(String name, String secret) {
    return Json.of("name", name, "secret", Json.of("secretName", secret, "defaultMode", 256));
  }

  private ObjectNode tierVolume(String name, RuntimeView.Tier tier) {
    ObjectNode volume = Json.of("name", name);
    if (tier.source() instanceof ObjectNode given && !given.isEmpty()) {
      volume.setAll(given.deepCopy());
    } else if (tier.volumeType().equals("emptyDir")) {
      ObjectNode directory =
          Json.of("sizeLimit", WorkerRenderer.quantity(tier.definition().quota().bytes()));
      if (tier.definition().medium() == Medium.MEM) {
        directory.put("medium", "Memory");
      }
      volume.set("emptyDir", directory);
    } else {
      // As in Fluid, datasets of one path do not meet.
      volume.set(
          "hostPath",
          Json.of(
              "path",
              tier.definition().path()
                  + "/"
                  + names.dataset().namespace()
                  + "/"
                  + names.dataset().name(),
              "type",
              "DirectoryOrCreate"));
    }
    return volume;
  }

  private Set<String> storeSecrets() {
    DatasetSpec spec = DatasetSpec.of(dataset);
    Set<String> secrets = new TreeSet<>();
    Stream.concat(
            spec.sharedEncryptOptions().stream(),
            spec.mounts().stream().flatMap(mount -> mount.encryptOptions().stream()))
        .map(EncryptOption::secret)
        .forEach(secrets::add);
    return secrets;
  }
}
