package io.gridset.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.gridset.client.GridsetClient;
import io.gridset.core.control.ControlPlane.ApplyMode;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.ManifestTemplate;
import io.gridset.core.manifest.ResourceKind;
import io.gridset.core.unit.DataSize;
import io.gridset.core.unit.Ticker;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gridset demo`: the main job in a minute, on this machine, with nothing else needed.
@Command(
    name = "demo",
    description =
        "Shows the main job on this machine: starts a local object store that is as slow as the published"
            + " scenario's (46 MB/s), applies that scenario's manifests, mounts the dataset, reads it cold and"
            + " warm, and prints what it took. Removes all of it at the end, also on Ctrl-C.",
    footer = {
      "",
      "Examples:",
      "  gridset demo                        512 MiB model and 2,000 small files, about half a minute",
      "  gridset demo --model-size 64Mi      a short one",
      "  gridset demo --keep                 leaves store, node and mount running to play with",
      "  gridset demo --output json          coldSeconds, warmSeconds, ratio, originRatio, ..."
    })
public final class DemoCommand implements Callable<Integer> {
  private static final String SCENARIO = "/scenarios/1-model-serving.yaml";
  private static final DatasetName DATASET = DatasetName.parse("default/serverless-data");
  private static final DatasetName WARM_UP = DatasetName.parse("default/serverless-data-warmup");

  @Spec private CommandSpec spec;

  @Option(
      names = "--model-size",
      paramLabel = "SIZE",
      defaultValue = "512Mi",
      description = "Size of the model file (default: ${DEFAULT-VALUE}).")
  private String modelSize;

  @Option(
      names = "--files",
      paramLabel = "COUNT",
      defaultValue = "2000",
      description = "Number of small files (default: ${DEFAULT-VALUE}).")
  private int files;

  @Option(
      names = "--rate",
      paramLabel = "SIZE",
      defaultValue = "46M",
      description = "What the object store gives in a second, in all (default: ${DEFAULT-VALUE}).")
  private String rate;

  @Option(names = "--keep", description = "Leave store, node and mount running.")
  private boolean keep;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "table",
      description = "table or json.")
  private Output output = Output.table;

  /// How the figures are printed.
  @SuppressWarnings("JavaCase") // The names are what users type.
  enum Output {
    table,
    json
  }

  private final Ticker ticker = Ticker.system();

  @Override
  public Integer call() throws IOException {
    DemoSettings settings =
        new DemoSettings(
            DataSize.parse(modelSize),
            files,
            DataSize.parse(rate),
            keep ? DemoSettings.Retention.KEEP : DemoSettings.Retention.REMOVE);
    String launcher = System.getenv("GRIDSET_LAUNCHER");
    if (launcher == null) {
      throw new IOException("the demo starts a node by the gridset script: run it as ./gridset demo");
    }
    Path directory = Files.createTempDirectory("gridset-demo-");
    try (DemoStage stage = new DemoStage(directory, ticker)) {
      Thread hook = Thread.ofPlatform().name("demo-cleanup").unstarted(stage::close);
      Runtime.getRuntime().addShutdownHook(hook);
      DemoReport report = play(stage, settings, launcher);
      print(report);
      if (settings.retention() == DemoSettings.Retention.KEEP) {
        stage.keep();
        err().print(whatToTry(stage));
        err().flush();
      }
    }
    return 0;
  }

  private DemoReport play(DemoStage stage, DemoSettings settings, String launcher)
      throws IOException {
    say("writing a %s model and %d small files", settings.modelSize(), settings.smallFiles());
    long datasetBytes = stage.generate(settings);
    say("starting an object store of %s/s and a node", settings.rate());
    stage.startStore(settings);
    GridsetClient client = stage.startNode(launcher);
    say("applying scenario 1 (%s) and mounting it at %s", SCENARIO, stage.mountPoint());
    String manifests = manifests(stage);
    client.apply(without(manifests, "DataLoad"), DatasetName.DEFAULT_NAMESPACE, ApplyMode.APPLY);
    stage.await("the dataset to be Bound", () -> phase(client, ResourceKind.DATASET, DATASET, "Bound"));
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
          "read %d bytes cold and %d warm of %d".formatted(cold.bytes(), warm.bytes(), datasetBytes));
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
      GridsetClient client, ResourceKind kind, DatasetName name, String wanted)
      throws IOException {
    var resource = client.resource(kind, name);
    String phase = resource.at("/status/phase").asText();
    if (phase.equals("Failed")) {
      throw new IOException(
          kind.kind() + " " + name + " failed: " + resource.at("/status/conditions").toString());
    }
    return phase.equals(wanted);
  }

  private static String manifests(DemoStage stage) throws IOException {
    try (InputStream resource = DemoCommand.class.getResourceAsStream(SCENARIO)) {
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
              "OSS_ENDPOINT", stage.storeEndpoint().toString()));
    }
  }

  private static String without(String manifests, String kind) {
    return Arrays.stream(manifests.split("(?m)^---$"))
        .filter(document -> !document.contains("kind: " + kind + "\n"))
        .collect(Collectors.joining("---"));
  }

  private void print(DemoReport report) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    out.println(
        output == Output.json
            ? new ObjectMapper().writeValueAsString(report.figures())
            : report.table());
    out.flush();
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
          gridset down && kill %3$s && rm -rf %4$s
        """
        .formatted(
            stage.runDirectory(), stage.mountPoint(), stage.storePid(), stage.directory());
  }

  private void say(String format, Object... arguments) {
    err().println("demo: " + format.formatted(arguments));
    err().flush();
  }

  /// A percentage on a terminal, nothing in a log.
  private LongConsumer progress(String what, long totalBytes) {
    say("%s", what);
    if (System.console() == null || !System.console().isTerminal()) {
      return _ -> {};
    }
    long[] shown = {-1};
    return bytes -> {
      long percent = bytes * 100 / totalBytes;
      if (percent != shown[0]) {
        shown[0] = percent;
        err().print("\r  %3d %%%s".formatted(percent, percent == 100 ? "\r" : ""));
        err().flush();
      }
    };
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
