package io.gridset.operator.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.operator.webhook.DatasetMount.Access;
import java.util.List;
import java.util.Map;

/// The container that mounts one dataset for its pod: a reader of the workers' grid, no member of
/// it and without credentials of stores. Pure.
///
/// @param grid where its bytes come from
/// @param name of the container
/// @param directory of the node where this pod's mount is, and nobody else's
/// @param volumes names of the volumes with that directory, and with the token
record Sidecar(
    DatasetMount dataset,
    Access.Grid grid,
    SidecarSettings settings,
    String name,
    String directory,
    Volumes volumes) {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  /// What becomes of mounting is asked once a second; a dataset may take its time to be bound.
  private static final int SECONDS_TO_WAIT = 86_400;

  /// How long a hook waits before the container is started again, with an event that says why.
  private static final int HOOK_SECONDS = 120;

  /// Longest that an answer of a mount may take.
  private static final int ANSWER_SECONDS = 10;

  /// There is a file system of ours, and it answers.
  private static final String ANSWERS = "grep -q \" $1 fuse\" /proc/self/mounts && stat \"$1/.\"";

  /// @param mount with the directory of the node
  /// @param token with the token for the workers
  record Volumes(String mount, String token) {}

  /// Where the dataset's files are, on the node and in the sidecar alike.
  String path() {
    return directory + "/" + dataset.directory();
  }

  /// As an entry of `initContainers`, which goes on running.
  ObjectNode nativeContainer() {
    ObjectNode container = container();
    container.put("restartPolicy", "Always");
    ObjectNode probe = container.putObject("startupProbe");
    probe
        .putObject("exec")
        .set("command", shell(ANSWERS + " >/dev/null || { " + why() + "; exit 1; }"));
    probe.put("periodSeconds", 1);
    probe.put("timeoutSeconds", ANSWER_SECONDS);
    probe.put("failureThreshold", SECONDS_TO_WAIT);
    return container;
  }

  /// As the first of the `containers`: the kubelet starts the next when the hook has ended.
  ///
  /// @param hook whether others are to wait
  ObjectNode ordinaryContainer(Hook hook) {
    ObjectNode container = container();
    if (hook == Hook.WAIT) {
      String wait =
          "i=0; until %s >/dev/null 2>&1; do i=$((i+1)); [ $i -lt %d ] || { %s; exit 1; }; sleep 1; done"
              .formatted(ANSWERS, HOOK_SECONDS, why());
      container
          .putObject("lifecycle")
          .putObject("postStart")
          .putObject("exec")
          .set("command", shell(wait));
    }
    return container;
  }

  /// Whether the other containers wait for the mount.
  enum Hook {
    WAIT,
    NONE
  }

  private String why() {
    return "echo 'dataset %s is not mounted yet: kubectl describe dataset %s -n %s' >&2"
        .formatted(dataset.name(), dataset.name().name(), dataset.name().namespace());
  }

  private ArrayNode shell(String script) {
    ArrayNode command = JSON.arrayNode();
    return command.add("sh").add("-c").add(script).add("mount").add(path());
  }

  private ObjectNode container() {
    ObjectNode container = JSON.objectNode();
    container.put("name", name);
    container.put("image", settings.image().orElse(dataset.fuse().image()));
    container.putArray("command").add("gridset");
    ArrayNode arguments = container.putArray("args");
    List.of(
            "up",
            "--reader-of",
            grid.members(),
            "--cluster",
            grid.cluster(),
            "--cluster-token-file",
            "/run/secrets/gridset/token",
            "--run-dir",
            "/run/gridset",
            "--state-dir",
            "/var/lib/gridset",
            "--memory",
            Long.toString(settings.memory().bytes()),
            "--mount",
            grid.source().dataset() + "=" + path())
        .forEach(arguments::add);
    container.set("env", environment());
    container.set("resources", resources());
    // Whatever the pod says about users and rights: mounting takes this much.
    ObjectNode security = container.putObject("securityContext");
    security.put("privileged", true);
    security.put("runAsUser", 0);
    security.put("runAsGroup", 0);
    security.put("runAsNonRoot", false);
    ArrayNode mounts = container.putArray("volumeMounts");
    mounts
        .addObject()
        .put("name", volumes.mount())
        .put("mountPath", directory)
        .put("mountPropagation", "Bidirectional");
    mounts
        .addObject()
        .put("name", volumes.token())
        .put("mountPath", "/run/secrets/gridset")
        .put("readOnly", true);
    return container;
  }

  private ArrayNode environment() {
    ArrayNode env = JSON.arrayNode();
    Map<String, String> fluid =
        Map.of(
            "FLUID_RUNTIME_TYPE", dataset.runtime(),
            "FLUID_RUNTIME_NS", dataset.name().namespace(),
            "FLUID_RUNTIME_NAME", dataset.name().name());
    for (String key : List.of("FLUID_RUNTIME_TYPE", "FLUID_RUNTIME_NS", "FLUID_RUNTIME_NAME")) {
      env.addObject().put("name", key).put("value", fluid.get(key));
    }
    for (JsonNode entry : dataset.fuse().env()) {
      if (!fluid.containsKey(entry.path("name").asText())) {
        env.add(entry.deepCopy());
      }
    }
    return env;
  }

  private ObjectNode resources() {
    ObjectNode given = dataset.fuse().resources();
    if (!given.isEmpty()) {
      return given.deepCopy();
    }
    ObjectNode resources = JSON.objectNode();
    resources.putObject("requests").put("cpu", "100m").put("memory", "256Mi");
    return resources;
  }

  /// The node's directory that the sidecar mounts below.
  ObjectNode mountVolume() {
    ObjectNode volume = JSON.objectNode().put("name", volumes.mount());
    volume.putObject("hostPath").put("path", directory).put("type", "DirectoryOrCreate");
    return volume;
  }

  /// The token for the workers. While the Secret is not there, the kubelet waits and says so.
  ObjectNode tokenVolume() {
    ObjectNode volume = JSON.objectNode().put("name", volumes.token());
    volume
        .putObject("secret")
        .put("secretName", grid.token().secret())
        .put("defaultMode", 256)
        .putArray("items")
        .addObject()
        .put("key", grid.token().key())
        .put("path", "token");
    return volume;
  }

  /// What takes the place of the claim in the volume of that name.
  ObjectNode dataVolume(String volume) {
    ObjectNode data = JSON.objectNode().put("name", volume);
    String directory = grid.source().subPath();
    data.putObject("hostPath")
        .put("path", directory.isEmpty() ? path() : path() + "/" + directory)
        .put("type", "DirectoryOrCreate");
    return data;
  }
}
