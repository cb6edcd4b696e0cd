package io.gridset.demo;

import io.gridset.client.GridsetClient;
import io.gridset.core.control.ControlPlane.ApplyMode;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.ManifestTemplate;
import io.gridset.core.manifest.ResourceKind;
import io.gridset.core.unit.Ticker;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

/// Scenario 1, played once: set up, read cold, load, read warm, compare, take away.
public final class Demo {
  private static final String SCENARIO = "/scenarios/1-model-serving.yaml";
  private static final DatasetName DATASET = DatasetName.parse("default/serverless-data");
  private static final DatasetName WARM_UP = DatasetName.parse("default/serverless-data-warmup");

  private final DemoSettings settings;
  private final String launcher;
  private final PrintWriter err;
  private final boolean terminal;
  private final Ticker ticker = Ticker.system();
  private String hints = "";

  /// @param launcher the `gridset` script, by which a node is started
  /// @param err where progress is told
  /// @param columns of the terminal; 0 when there is none
  public Demo(DemoSettings settings, String launcher, PrintWriter err, int columns) {
    this.settings = settings;
    this.launcher = launcher;
    this.err = err;
    this.terminal = columns > 0;
  }

  /// Plays it; whatever was set up is taken away again, also when it fails or the process is
  /// interrupted.
  public DemoReport run() throws IOException {
    Path directory = Files.createTempDirectory("gridset-demo-");
    try (DemoStage stage = new DemoStage(directory, ticker)) {
      Thread hook = Thread.ofPlatform().name("demo-cleanup").unstarted(stage::close);
      Runtime.getRuntime().addShutdownHook(hook);
      DemoReport report = play(stage);
      if (settings.retention() == DemoSettings.Retention.KEEP) {
        stage.keep();
        hints = whatToTry(stage);
      }
      return report;
    }
  }

  /// What to try with what is still running, and how to end it; empty when nothing is.
  public String hints() {
    return hints;
  }

  private DemoReport play(DemoStage stage) throws IOException {
    say(
        "writing a "
            + settings.modelSize()
            + " model and "
            + settings.smallFiles()
            + " small files");
    long datasetBytes = stage.generate(settings);
    say("starting an object store of " + settings.rate() + "/s and a node");
    stage.startStore(settings);
    GridsetClient client = stage.startNode(launcher);
    say("applying " + SCENARIO + " and mounting it at " + stage.mountPoint());
    String manifests = manifests(stage);
    client.apply(without(manifests, "DataLoad"), DatasetName.DEFAULT_NAMESPACE, ApplyMode.APPLY);
    stage.await(
        "the dataset to be Bound", () -> phase(client, ResourceKind.DATASET, DATASET, "Bound"));
    stage.mount(client, DATASET);
    TreeReader reader = new TreeReader(ticker);
    TreeReader.Pass cold = reader.read(stage.mountPoint(), progress("reading cold", datasetBytes));
    client.apply(manifests, DatasetName.DEFAULT_NAMESPACE, ApplyMode.APPLY);
    stage.await(
        "the DataLoad to be Complete",
        () -> phase(client, ResourceKind.DATA_LOAD, WARM_UP, "Complete"));
    TreeReader.Pass warm = reader.read(stage.mountPoint(), progress("reading warm", datasetBytes));
    if (cold.bytes() != datasetBytes || warm.bytes() != datasetBytes) {
      throw new IOException(
          "read %d bytes cold and %d warm of %d"
              .formatted(cold.bytes(), warm.bytes(), datasetBytes));
    }
    TreeReader.Pass tmpfs = tmpfsPass(stage, reader);
    return new DemoReport(
        datasetBytes, cold, warm, tmpfs, stage.originBytes(), settings.rate().bytes() / 1e6);
  }

  /// Reads a copy of the same files on tmpfs: what this machine's memory gives without any daemon.
  private TreeReader.Pass tmpfsPass(DemoStage stage, TreeReader reader) throws IOException {
    Path memory = Path.of("/dev/shm");
    Path copy =
        Files.createTempDirectory(
            Files.isWritable(memory) ? memory : stage.objects(), "gridset-demo-");
    stage.onClose(() -> DemoStage.deleteTree(copy));
    DemoStage.copyTree(stage.models(), copy);
    reader.read(copy, _ -> {});
    TreeReader.Pass pass = reader.read(copy, _ -> {});
    DemoStage.deleteTree(copy);
    return pass;
  }

  private static boolean phase(
      GridsetClient client, ResourceKind kind, DatasetName name, String wanted) throws IOException {
    var resource = client.resource(kind, name);
    String phase = resource.at("/status/phase").asText();
    if (phase.equals("Failed")) {
      throw new IOException(
          kind.kind() + " " + name + " failed: " + resource.at("/status/conditions").toString());
    }
    return phase.equals(wanted);
  }

  private static String manifests(DemoStage stage) throws IOException {
    try (InputStream resource = Demo.class.getResourceAsStream(SCENARIO)) {
      if (resource == null) {
        throw new IOException(SCENARIO + " is missing from this build");
      }
      String text = new String(resource.readAllBytes(), StandardCharsets.UTF_8);
      return ManifestTemplate.expand(
              text,
              Map.of(
                  "OSS_ACCESS_KEY_ID", DemoStage.ACCESS_KEY,
                  "OSS_ACCESS_KEY_SECRET", DemoStage.SECRET_KEY,
                  "OSS_BUCKET", DemoStage.BUCKET,
                  "OSS_ENDPOINT", stage.storeEndpoint().toString()))
          .text();
    }
  }

  private static String without(String manifests, String kind) {
    return Arrays.stream(manifests.split("(?m)^---$"))
        .filter(document -> !document.contains("kind: " + kind + "\n"))
        .collect(Collectors.joining("---"));
  }

  private String whatToTry(DemoStage stage) {
    return """
        Everything is still running. Try:
          export GRIDSET_RUN_DIR=%1$s
          ls -l %2$s
          gridset get dataset
          gridset ls -l serverless-data
          gridset stats
          gridset evict serverless-data && time cat %2$s/model.safetensors >/dev/null
        and to end it:
          gridset down --release && kill %3$s && rm -rf %4$s
        """
        .formatted(stage.runDirectory(), stage.mountPoint(), stage.storePid(), stage.directory());
  }

  private void say(String step) {
    err.println("demo: " + step);
    err.flush();
  }

  /// A percentage on a terminal, nothing in a log.
  private LongConsumer progress(String what, long totalBytes) {
    say(what);
    if (!terminal) {
      return _ -> {};
    }
    long[] shown = {-1};
    return bytes -> {
      long percent = bytes * 100 / totalBytes;
      if (percent != shown[0]) {
        shown[0] = percent;
        err.print("\r  %3d %%%s".formatted(percent, percent == 100 ? "\r" : ""));
        err.flush();
      }
    };
  }
}
