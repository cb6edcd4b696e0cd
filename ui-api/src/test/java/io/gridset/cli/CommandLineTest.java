package io.gridset.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.api.FakeDatasetFiles;
import io.gridset.api.TestNode;
import io.gridset.core.dataset.DatasetHost.Disposal;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.LoadProgress;
import io.gridset.core.dataset.LoadProgress.Phase;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Commands in this process, against the served API.
class CommandLineTest {
  private static final DatasetName DATA = new DatasetName("default", "serverless-data");
  @TempDir private Path directory;
  private TestNode node;
  private final FakeDatasetFiles files = new FakeDatasetFiles();
  private final Map<String, String> environment = new HashMap<>();
  private int columns;

  private record Outcome(int exitCode, String out, String err) {}

  @BeforeEach
  void start() throws IOException {
    node = new TestNode();
    environment.put("GRIDSET_SOCKET", node.socket().toString());
    node.host.run(DATA, files);
    node.control.put(
        """
        kind: Dataset
        apiVersion: data.fluid.io/v1alpha1
        metadata: {name: serverless-data, namespace: default, creationTimestamp: "2026-11-22T11:57:59Z"}
        status:
          phase: Bound
          ufsTotal: 1.16GiB
          fileNum: "7"
          cacheStates: {cached: 0.00B, cacheCapacity: 5.00GiB, cachedPercentage: "0.0%"}
        """);
    node.control.put(
        """
        kind: Dataset
        metadata: {name: spark, namespace: development, creationTimestamp: "2026-11-22T08:55:00Z"}
        status:
          phase: Bound
          ufsTotal: 3.41GiB
          cacheStates: {cached: 1.31GiB, cacheCapacity: 4.00GiB, cachedPercentage: 38.4%}
        """);
    node.control.put(
        """
        kind: JindoRuntime
        metadata: {name: serverless-data, namespace: default, creationTimestamp: "2026-11-22T11:59:15Z"}
        status: {masterPhase: Ready, workerPhase: Ready, fusePhase: Ready}
        """);
    node.control.put(
        """
        kind: DataLoad
        metadata: {name: serverless-data-warmup, namespace: default, creationTimestamp: "2026-11-22T11:59:15Z"}
        spec: {dataset: {name: serverless-data}}
        status: {phase: Complete, duration: 45s}
        """);
  }

  @AfterEach
  void stop() throws IOException {
    node.close();
  }

  private Outcome run(String... arguments) {
    return runWithInput("", arguments);
  }

  private Outcome runWithInput(String input, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Surroundings surroundings =
        new Surroundings(
            out,
            Surroundings.writer(out),
            Surroundings.writer(err),
            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
            environment,
            InstantSource.fixed(TestNode.NOW),
            _ -> {},
            new Surroundings.Screen(columns),
            _ -> {
              throw new IOException("no parts here");
            });
    int exitCode = GridsetMain.run(surroundings, arguments);
    surroundings.out().flush();
    surroundings.err().flush();
    return new Outcome(
        exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void datasetsArePrintedAsKubectlPrintsThem() {
    assertThat(run("get", "dataset").out())
        .isEqualTo(
            """
            NAME              UFS TOTAL SIZE   CACHED   CACHE CAPACITY   CACHED PERCENTAGE   PHASE   AGE
            serverless-data   1.16GiB          0.00B    5.00GiB          0.0%                Bound   2m1s
            """);
    assertThat(run("get", "datasets", "-A").out())
        .isEqualTo(
            """
            NAMESPACE     NAME              UFS TOTAL SIZE   CACHED    CACHE CAPACITY   CACHED PERCENTAGE   PHASE   AGE
            default       serverless-data   1.16GiB          0.00B     5.00GiB          0.0%                Bound   2m1s
            development   spark             3.41GiB          1.31GiB   4.00GiB          38.4%               Bound   3h5m
            """);
    assertThat(run("get", "dataset", "-o", "wide").out().lines().findFirst().orElseThrow())
        .containsPattern("PHASE +HCFS URL +TOTAL FILES +CACHE HIT RATIO +AGE$");
  }

  @Test
  void runtimesAndLoadsArePrintedAsKubectlPrintsThem() {
    assertThat(run("get", "jindo").out())
        .isEqualTo(
            """
            NAME              MASTER PHASE   WORKER PHASE   FUSE PHASE   AGE
            serverless-data   Ready          Ready          Ready        45s
            """);
    assertThat(run("get", "dataload", "serverless-data-warmup").out())
        .isEqualTo(
            """
            NAME                     DATASET           PHASE      AGE   DURATION
            serverless-data-warmup   serverless-data   Complete   45s   45s
            """);
  }

  @Test
  void otherFormatsHoldTheResourceItself() {
    assertThat(run("get", "dataset", "-o", "name").out())
        .isEqualTo("dataset.data.fluid.io/serverless-data\n");
    assertThat(run("get", "dataset", "serverless-data", "-o", "yaml").out())
        .contains("ufsTotal: 1.16GiB\n", "fileNum: \"7\"\n", "kind: Dataset\n");
    assertThat(run("get", "dataset", "-o", "json").out()).contains("\"kind\" : \"List\"");
    environment.put("GRIDSET_OUTPUT", "name");
    assertThat(run("get", "dataset/serverless-data").out())
        .isEqualTo("dataset.data.fluid.io/serverless-data\n");
  }

  @Test
  void nothingFoundIsSaidAndExitCodesTell() {
    assertThat(run("get", "juicefs"))
        .isEqualTo(new Outcome(0, "", "No resources found in default namespace.\n"));
    assertThat(run("get", "dataset", "nope"))
        .isEqualTo(
            new Outcome(3, "", "gridset: datasets \"nope\" not found in namespace default\n"));
    assertThat(run("cat", "serverless-data:/nope").exitCode()).isEqualTo(3);
    assertThat(run("delete", "dataset", "nope").exitCode()).isEqualTo(3);
    assertThat(run("delete", "dataset", "nope", "--ignore-not-found").exitCode()).isZero();
  }

  @Test
  void wrongCommandLinesNameTheNearestRightOne() {
    Outcome kind = run("get", "datset");
    assertThat(kind.exitCode()).isEqualTo(2);
    assertThat(kind.err()).contains("no kind of resource 'datset', did you mean dataset?");
    Outcome flag = run("get", "dataset", "--all-namespace");
    assertThat(flag.exitCode()).isEqualTo(2);
    assertThat(flag.err()).contains("--all-namespace").contains("--all-namespaces");
    Outcome command = run("aply");
    assertThat(command.exitCode()).isEqualTo(2);
    assertThat(command.err()).contains("Did you mean").contains("apply");
    assertThat(run().exitCode()).isEqualTo(2);
    assertThat(run("get", "dataset", "-o", "xml").exitCode()).isEqualTo(2);
    assertThat(run("mount", "a/b/", "/x").exitCode()).isEqualTo(2);
  }

  @Test
  void withoutANodeTheExitCodeIsFour() throws IOException {
    node.close();
    Outcome outcome = run("get", "dataset");
    assertThat(outcome.exitCode()).isEqualTo(4);
    assertThat(outcome.err()).contains("start one with `gridset up`");
  }

  @Test
  void aWrongTokenIsRefusedWithTheRemedy() throws IOException {
    environment.remove("GRIDSET_SOCKET");
    Path wrong = Files.writeString(directory.resolve("token"), "guess\n");
    String server = "http://127.0.0.1:" + node.port();
    Outcome refused = run("get", "dataset", "--server", server, "--token-file", wrong.toString());
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err()).contains("--token-file");
    assertThat(run("--server", server, "get", "dataset").exitCode()).isEqualTo(2);
    assertThat(
            run("get", "dataset", "--server", server, "--token-file", node.tokenFile().toString())
                .out())
        .contains("serverless-data");
    assertThat(run("get", "dataset", "--server", "host:1", "--token-file", wrong.toString()).err())
        .contains("not a server address");
  }

  @Test
  void manifestsAreFilledInAppliedAndDeleted() throws IOException {
    Path manifests = Files.createDirectory(directory.resolve("m"));
    Files.writeString(
        manifests.resolve("a.yaml"),
        "kind: Dataset\nmetadata: {name: filled}\nspec: {bucket: \"${BUCKET}\"}\n");
    Files.writeString(
        manifests.resolve("b.yaml"), "kind: Deployment\nmetadata: {name: model-serving}\n");
    environment.put("BUCKET", "models");
    assertThat(run("apply", "-f", manifests.toString(), "--dry-run").out())
        .isEqualTo(
            """
            dataset.data.fluid.io/filled created (dry run)
            deployment/model-serving skipped (dry run): means nothing here
            """);
    assertThat(run("get", "dataset", "filled").exitCode()).isEqualTo(3);
    assertThat(run("apply", "-f", manifests.toString()).exitCode()).isZero();
    assertThat(run("get", "dataset", "filled", "-o", "yaml").out()).contains("bucket: models");
    Outcome unset =
        runWithInput(
            "kind: Secret\nmetadata: {name: s}\nx: ${NO_SUCH}", "apply", "-f", "-", "-n", "prod");
    assertThat(unset.err()).contains("NO_SUCH is not set");
    assertThat(unset.out()).isEqualTo("secret/s created\n");
    assertThat(run("delete", "-f", manifests.toString()).out())
        .isEqualTo("dataset.data.fluid.io/filled deleted\n");
    assertThat(run("apply", "-f", "/no/such.yaml"))
        .isEqualTo(new Outcome(1, "", "gridset: there is no file /no/such.yaml\n"));
    Outcome refused =
        runWithInput(
            "{kind: Dataset, metadata: {name: x}, spec: {mounts: [{mountpoint: 1}]}}",
            "apply",
            "-f-");
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err()).contains("spec.mounts[0].mountpoint").contains("mountPoint?");
  }

  @Test
  void describeTellsStatusAndEvents() {
    assertThat(run("describe", "dataset", "serverless-data").out())
        .contains("Name:         serverless-data")
        .contains("  ufsTotal: 1.16GiB")
        .contains("  Normal   Bound    60s   all mounts answer");
  }

  @Test
  void filesAreListedLookedAtAndWritten() {
    files.file("dir/a.bin", new byte[2048]).file("z", "hello".getBytes(StandardCharsets.UTF_8));
    assertThat(run("ls", "serverless-data").out())
        .isEqualTo(
            """
                     -       -  dir/
                 5.00B   40.0%  z
            """);
    assertThat(run("ls", "-l", "-R", "default/serverless-data:/dir").out())
        .isEqualTo("           2048  2026-11-01 08:30   50.0%  dir/a.bin\n");
    assertThat(run("stat", "serverless-data").out())
        .contains("Files:     2")
        .contains("Cached:    1026 (1.00KiB), 49.9%");
    assertThat(run("cat", "serverless-data:z")).isEqualTo(new Outcome(0, "hello", ""));
    assertThat(run("sync", "serverless-data:/dir/").exitCode()).isZero();
    assertThat(run("evict", "serverless-data:/dir").out()).contains("3.00MiB given back");
    assertThat(node.host.calls)
        .containsExactly("sync default/serverless-data dir", "evict default/serverless-data dir");
  }

  @Test
  void aLoadIsWatchedToItsEnd() {
    node.host.nextLoad(
        progress(Phase.LISTING, 0, 0),
        progress(Phase.LOADING, 500, 1),
        progress(Phase.COMPLETE, 1000, 2));
    assertThat(run("load", "serverless-data", "--path", "dir"))
        .isEqualTo(
            new Outcome(
                0,
                """
                listing: 2 files, 1000.00B
                100.0%  1000.00B/1000.00B  2/2 files cached in 45.0 s
                """,
                ""));
    assertThat(node.host.calls.getFirst()).contains("targets=[dir], mode=LOAD");
  }

  @Test
  void aLoadThatFallsShortFailsWithReasons() {
    node.host.nextLoad(
        new LoadProgress(Phase.FAILED, 1000, 400, 2, 1, 1, List.of("b: access denied"), 10));
    Outcome outcome = run("load", "serverless-data");
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertThat(outcome.err())
        .contains("b: access denied")
        .contains("600.00B in 1 files are missing");
    node.host.nextLoad(progress(Phase.COMPLETE, 999, 2));
    assertThat(run("load", "serverless-data", "--check").exitCode()).isEqualTo(1);
    node.host.nextLoad(progress(Phase.CANCELLED, 999, 2));
    assertThat(run("load", "serverless-data").exitCode()).isEqualTo(130);
    assertThat(run("load", "nope").exitCode()).isEqualTo(3);
    node.host.nextLoad(progress(Phase.LOADING, 1, 0));
    assertThat(run("load", "serverless-data", "--no-wait").out()).startsWith("load-");
  }

  @Test
  void onATerminalTheProgressStaysOnOneLine() {
    columns = 80;
    node.host.nextLoad(progress(Phase.LOADING, 500, 1), progress(Phase.COMPLETE, 1000, 2));
    String out = run("load", "serverless-data").out();
    assertThat(out).contains("\r\u001b[K[").endsWith("cached in 45.0 s\n");
  }

  private static LoadProgress progress(Phase phase, long cached, long files) {
    return new LoadProgress(phase, 1000, cached, 2, files, 0, List.of(), 45_000);
  }

  @Test
  void mountsComeAndGo() {
    assertThat(run("mounts").err()).isEqualTo("Nothing is mounted.\n");
    assertThat(run("mount", "serverless-data", "/mnt/x", "--transport", "kernel").out())
        .isEqualTo(
            "default/serverless-data mounted on /mnt/x (transport kernel, passthrough active)\n");
    assertThat(run("mount", "serverless-data", "/mnt/x").err()).contains("mount point in use");
    assertThat(run("mounts").out()).contains("default/serverless-data   /mnt/x");
    assertThat(run("mount", "--objects", "/mnt/y").out())
        .startsWith("objects of default mounted on /mnt/y");
    assertThat(run("mount", "--objects", "risk", "/mnt/z").out()).contains("objects of risk");
    assertThat(run("mounts").out()).contains("objects of risk           /mnt/z");
    assertThat(run("mount", "/mnt/alone").exitCode()).isEqualTo(2);
    assertThat(run("umount", "/mnt/x").exitCode()).isZero();
    assertThat(run("umount", "/mnt/x").exitCode()).isEqualTo(3);
  }

  @Test
  void statsTellNodeTiersAndDatasets() {
    files.file("a", new byte[1000]);
    assertThat(run("stats").out())
        .contains("Node: gridset 1.2.3, pid 4242, up 2m1s")
        .containsPattern("MEM +/dev/shm/\"x\" +1.00GiB +5.00GiB +20.0% +7 +2")
        .containsPattern("default/serverless-data +1 +1000.00B +500.00B +50.0% +1000.00B +1.95KiB");
    assertThat(run("stats", "-o", "json").out()).contains("\"originBytes\" : 1000");
  }

  @Test
  void theCompletionScriptIsBash() throws Exception {
    Path script = Files.writeString(directory.resolve("c"), run("completion", "bash").out());
    Process bash = new ProcessBuilder("bash", "-n", script.toString()).inheritIO().start();
    assertThat(bash.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(bash.exitValue()).isZero();
    assertThat(Files.readString(script)).contains("--no-passthrough").doesNotContain("warm-up");
  }

  @Test
  void aReaderTokenIsMadeWithoutANodeAndSaysWhatItOpens() throws Exception {
    Path secret = Files.writeString(directory.resolve("secret"), "0123456789abcdef0123\n");
    String[] create = {"token", "create", "--cluster-token-file", secret.toString()};
    Outcome made = run(with(create, "--dataset", "models", "--dataset", "ml/text", "-o", "json"));
    assertThat(made.err()).isEmpty();
    assertThat(made.out())
        .contains("\"default/models\"", "\"ml/text\"", TestNode.NOW.plusSeconds(86_400).toString());
    assertThat(run(with(create, "--all", "--ttl", "30m")).out())
        .startsWith("gst1.")
        .hasLineCount(1);
    assertThat(run(with(create, "--all", "--ttl", "soon")).err()).contains("like 30m or 24h");
    assertThat(run(with(create)).exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run("token", "create", "--help").out()).contains("no node is asked", "Examples");
    assertThat(run("token").exitCode()).isEqualTo(ExitCode.USAGE);
  }

  private static String[] with(String[] words, String... more) {
    return Stream.concat(Stream.of(words), Stream.of(more)).toArray(String[]::new);
  }

  @Test
  void helpOfEveryCommandPrints() {
    for (String command : GridsetMain.commandLine(surroundings()).getSubcommands().keySet()) {
      Outcome help = run(command, "--help");
      if (!List.of("warm-up", "unmount").contains(command)) {
        assertThat(help.exitCode()).as(command).isZero();
        assertThat(help.out()).as(command).contains("Usage: gridset " + command);
      }
    }
    assertThat(run("--help").out()).contains("130   interrupted").doesNotContain("warm-up");
    assertThat(run("version").out()).startsWith("gridset 0.").contains(", Java 2");
  }

  private Surroundings surroundings() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    return new Surroundings(
        out,
        Surroundings.writer(out),
        Surroundings.writer(out),
        new ByteArrayInputStream(new byte[0]),
        environment,
        InstantSource.fixed(TestNode.NOW),
        _ -> {},
        new Surroundings.Screen(0),
        _ -> {
          throw new IOException("no parts here");
        });
  }

  @Test
  void whatADatasetTakesAlongCountsAsDeleted(@TempDir Path directory) throws Exception {
    String manifests =
        "{kind: Dataset, metadata: {name: both, namespace: default}}\n---\n"
            + "{kind: JindoRuntime, metadata: {name: both, namespace: default}}\n";
    Path file = Files.writeString(directory.resolve("both.yaml"), manifests);
    assertThat(run("apply", "-f", file.toString()).exitCode()).isZero();
    assertThat(run("delete", "-f", file.toString()))
        .isEqualTo(
            new Outcome(
                0,
                "dataset.data.fluid.io/both deleted\n"
                    + "jindoruntime.data.fluid.io/both deleted with its dataset\n",
                ""));
    assertThat(run("delete", "-f", file.toString()).exitCode()).isEqualTo(3);
  }

  @Test
  void downStopsTheNodeAndWaits() throws Exception {
    Thread stopper =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    node.stopped.await();
                    node.close();
                  } catch (Exception e) {
                    throw new AssertionError(e);
                  }
                });
    assertThat(run("down", "--release"))
        .isEqualTo(
            new Outcome(
                0,
                "Gridset node 4242 stopped.\n1.00GiB of cache were given back.\n"
                    + "2 objects, 3.00MiB of memory, were dropped.\n",
                ""));
    stopper.join();
    assertThat(node.disposal).isEqualTo(Disposal.DROP_BYTES);
    assertThat(run("down").exitCode()).isEqualTo(4);
  }

  @Test
  void whatUpMountsByItselfIsMountedOnceItCanBe() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Path place = directory.resolve("made/of/itself");
    Surroundings surroundings =
        new Surroundings(
            out,
            Surroundings.writer(out),
            Surroundings.writer(out),
            new ByteArrayInputStream(new byte[0]),
            environment,
            InstantSource.fixed(TestNode.NOW),
            _ -> assertThat(directory.resolve("made").toFile().delete()).isTrue(), // It goes.
            new Surroundings.Screen(0),
            _ -> {
              throw new IOException("no parts here");
            });
    Files.writeString(directory.resolve("made"), "in the way");
    StartupMounts mounts =
        StartupMounts.of(
            new GridsetCommand(surroundings), node.socket(), List.of("serverless-data=" + place));
    mounts.await(mounts.wanted().getFirst());
    assertThat(place).isDirectory();
    assertThat(node.mounts.list())
        .extracting(mount -> mount.mountPoint())
        .containsExactly(place.toString());
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("default/serverless-data is not mounted yet: ")
        .endsWith("default/serverless-data mounted on " + place + System.lineSeparator());
    mounts.await(mounts.wanted().getFirst());
    assertThat(node.mounts.list()).as("asked again").hasSize(1);
  }

  @Test
  void wrongWishesOfUpAndOfTheWebhookAreRefusedBeforeAnythingStarts() {
    for (String wish : List.of("x", "=/a", "a=")) {
      Outcome outcome = run("up", "--state-dir", directory.toString(), "--mount", wish);
      assertThat(outcome.exitCode()).isEqualTo(2);
      assertThat(outcome.err()).contains("DATASET=PATH");
    }
    assertThat(run("up", "--detach", "--mount", "a=/b").err()).contains("gridset mount");
    assertThat(run("webhook").err()).contains("--name");
    assertThat(run("webhook", "--name", "x", "--memory", "much").exitCode()).isEqualTo(2);
    assertThat(run("webhook", "--name", "x", "--mount-root", "etc").err())
        .contains("no directory of a node");
    assertThat(run("webhook", "--help").out()).contains("fluid.io/enable-injection");
  }
}
