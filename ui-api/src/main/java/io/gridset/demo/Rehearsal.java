package io.gridset.demo;

import io.gridset.client.Endpoint;
import io.gridset.client.GridsetClient;
import io.gridset.core.control.ControlPlane.ApplyMode;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.ResourceKind;
import io.gridset.core.unit.DataSize;
import io.gridset.core.unit.Ticker;
import io.gridset.node.GridsetNode;
import io.gridset.node.LocalParts;
import io.gridset.node.NodeSettings;
import io.gridset.server.grid.GridStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;

/// A node's first start and its restart, played in this process on a small dataset, while Java
/// records in an ahead-of-time cache what a node loads and runs. Reads go through `cat`: a process
/// must not read a mount that it serves itself.
public final class Rehearsal {
  private static final DatasetName DATASET = DatasetName.parse("default/rehearsal");
  private static final DataSize RATE = DataSize.parse("1Gi");
  private static final DemoSettings SETTINGS =
      new DemoSettings(DataSize.parse("4Mi"), 20, RATE, DemoSettings.Retention.REMOVE);

  private Rehearsal() {}

  /// Plays it, and takes all of it away again.
  ///
  /// @throws IOException when a step fails; where nothing can be mounted the mount is left out
  public static void play(InstantSource clock) throws IOException {
    Path directory = Files.createTempDirectory("gridset-rehearsal-");
    try (DemoStage stage = new DemoStage(directory, Ticker.system())) {
      Thread hook = Thread.ofPlatform().name("rehearsal-cleanup").unstarted(stage::close);
      Runtime.getRuntime().addShutdownHook(hook);
      stage.generate(SETTINGS);
      stage.startStore(SETTINGS);
      NodeSettings node =
          NodeSettings.alone(
              directory.resolve("state"), stage.runDirectory(), DataSize.parse("64Mi"));
      firstStart(stage, node, clock);
      restart(stage, node, clock);
    }
  }

  private static void firstStart(DemoStage stage, NodeSettings settings, InstantSource clock)
      throws IOException {
    try (GridsetNode _ = GridsetNode.start(settings, LocalParts::open, clock);
        GridsetClient client = new GridsetClient(new Endpoint.Local(settings.socket()))) {
      client.apply(manifests(stage), DatasetName.DEFAULT_NAMESPACE, ApplyMode.APPLY);
      awaitBound(stage, client);
      try {
        stage.mount(client, DATASET);
      } catch (IOException e) {
        System.err.println("rehearsing without a mount: " + e.getMessage());
      }
      read(stage);
    }
  }

  private static String manifests(DemoStage stage) {
    return """
        apiVersion: v1
        kind: Secret
        metadata: {name: rehearsal}
        stringData: {id: %s, secret: %s}
        ---
        apiVersion: data.fluid.io/v1alpha1
        kind: Dataset
        metadata: {name: rehearsal}
        spec:
          mounts:
            - mountPoint: oss://%s/models
              name: models
              path: /
              options: {fs.oss.endpoint: "%s"}
              encryptOptions:
                - name: fs.oss.accessKeyId
                  valueFrom: {secretKeyRef: {name: rehearsal, key: id}}
                - name: fs.oss.accessKeySecret
                  valueFrom: {secretKeyRef: {name: rehearsal, key: secret}}
            - mountPoint: local://%s
              name: local
              path: /local
        ---
        apiVersion: data.fluid.io/v1alpha1
        kind: JindoRuntime
        metadata: {name: rehearsal}
        spec:
          replicas: 1
          tieredstore:
            levels: [{mediumtype: MEM, path: %s, quota: 64Mi, high: "0.95", low: "0.7"}]
        """
        .formatted(
            DemoStage.ACCESS_KEY,
            DemoStage.SECRET_KEY,
            DemoStage.BUCKET,
            stage.storeEndpoint(),
            stage.models(),
            stage.directory().resolve("tier"));
  }

  private static void restart(DemoStage stage, NodeSettings settings, InstantSource clock)
      throws IOException {
    CompletableFuture<LocalParts> opened = new CompletableFuture<>();
    try (GridsetNode _ =
            GridsetNode.start(
                settings,
                node -> {
                  LocalParts parts = LocalParts.open(node);
                  opened.complete(parts);
                  return parts;
                },
                clock);
        GridsetClient client = new GridsetClient(new Endpoint.Local(settings.socket()))) {
      awaitBound(stage, client);
      read(stage);
      client.node();
      stage.await(
          "the grid", () -> opened.join().membership().phase() != GridStatus.Phase.STARTING);
    }
  }

  private static void awaitBound(DemoStage stage, GridsetClient client) throws IOException {
    stage.await(
        "the dataset to be Bound",
        () ->
            client
                .resource(ResourceKind.DATASET, DATASET)
                .at("/status/phase")
                .asText()
                .equals("Bound"));
  }

  private static void read(DemoStage stage) throws IOException {
    Path whole = stage.mountPoint().resolve("model.safetensors");
    Path local = stage.mountPoint().resolve("local/model.safetensors");
    try {
      var _ =
          new ProcessBuilder("cat", whole.toString(), local.toString())
              .redirectErrorStream(true)
              .redirectOutput(Path.of("/dev/null").toFile())
              .start()
              .waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
