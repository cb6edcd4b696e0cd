package io.gridset.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.api.FakeDatasetFiles;
import io.gridset.api.TestNode;
import io.gridset.client.AffinityView;
import io.gridset.client.AffinityView.Held;
import io.gridset.client.DrainView;
import io.gridset.client.DrainView.Phase;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.object.FolderObjectStore;
import io.gridset.core.object.ObjectName;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Commands about where the bytes are.
class NearDataTest {
  private static final DatasetName DATA = new DatasetName("default", "models");
  private static final long GIB = 1L << 30;
  @TempDir private Path directory;
  private TestNode node;
  private final Map<String, String> environment = new HashMap<>();

  private record Outcome(int exitCode, String out, String err) {}

  @BeforeEach
  void start() throws IOException {
    node = new TestNode();
    environment.put("GRIDSET_SOCKET", node.socket().toString());
    node.host.run(DATA, new FakeDatasetFiles());
  }

  @AfterEach
  void stop() throws IOException {
    node.close();
  }

  private Outcome run(String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Surroundings surroundings =
        new Surroundings(
            out,
            Surroundings.writer(out),
            Surroundings.writer(err),
            new ByteArrayInputStream(new byte[0]),
            environment,
            InstantSource.fixed(TestNode.NOW),
            _ -> {},
            new Surroundings.Screen(0),
            _ -> {
              throw new IOException("no parts here");
            });
    int exitCode = GridsetMain.run(surroundings, arguments);
    return new Outcome(
        exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private static AffinityView affinity(String here, Held... held) {
    return new AffinityView("dataset " + DATA, 4 * GIB, here, List.of(held));
  }

  private void nodesHold(Held... held) {
    node.grid.affinity.put(DATA, affinity("a", held));
  }

  @Test
  void affinityNamesTheNodesThatHoldBytesMostFirst() {
    nodesHold(new Held("b", 3 * GIB, 75), new Held("a", GIB, 25));
    assertThat(run("affinity", "models").out())
        .isEqualTo(
            """
            NODE   HELD      PERCENTAGE   HERE
            b      3.00GiB   75.0%        no
            a      1.00GiB   25.0%        yes
            """);
    assertThat(run("affinity", "models", "-o", "json").out())
        .contains("\"heldBytes\" : 3221225472", "\"here\" : \"a\"");
    assertThat(run("affinity", "unknown").exitCode()).isEqualTo(ExitCode.NOT_FOUND);
  }

  @Test
  void anObjectHasItsNodesAndSeveralHaveThemTogether() throws IOException {
    put("risk/x_train");
    put("models");
    assertThat(run("affinity", "risk/x_train").out())
        .isEqualTo(
            """
            NODE   HELD      PERCENTAGE   HERE
            a      2.00KiB   100.0%       yes
            """);
    assertThat(run("affinity", "default:risk/x_train", "-o", "json").out())
        .contains("\"subject\" : \"object default:risk/x_train\"");
    nodesHold(new Held("b", 3 * GIB, 75), new Held("a", GIB, 25));
    assertThat(run("affinity", "models", "-o", "name").out())
        .as("a dataset comes before an object of its name")
        .isEqualTo("node/b\nnode/a\n");
    assertThat(run("affinity", "default:models", "-o", "name").out()).isEqualTo("node/a\n");
    assertThat(run("affinity", "models", "risk/x_train", "-o", "json").out())
        .contains("\"heldBytes\" : 1073743872", "dataset default/models and object");
    assertThat(run("run", "--near", "risk/x_train", "--", "sh", "-c", "exit 7").exitCode())
        .isEqualTo(7);
    Outcome outcome = run("run", "--near", "models", "--near", "risk/x_train", "--", "true");
    assertThat(outcome.err()).contains("node b holds most of dataset default/models and object");
    Outcome unknown = run("run", "--near", "risk/x_trian", "--", "true");
    assertThat(unknown.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(unknown.err()).contains("no dataset risk/x_trian", "did you mean risk/x_train?");
    node.objects.folder.lose(ObjectName.of("risk/x_train"), "n2");
    assertThat(run("run", "--near", "risk/x_train", "--", "true").err()).contains("n2 held it");
  }

  private void put(String name) throws IOException {
    Path file = Files.write(directory.resolve("x.arrow"), FolderObjectStore.payload(2048));
    assertThat(run("objects", "put", file.toString(), name).exitCode()).isZero();
  }

  @Test
  void schedulingHintsPreferNodesByWhatTheyHold() {
    nodesHold(new Held("b", 3 * GIB, 75), new Held("a", GIB, 25), new Held("c", 1, 0));
    assertThat(run("affinity", "models", "-o", "yaml").out())
        .isEqualTo(
            """
            affinity:
              nodeAffinity:
                preferredDuringSchedulingIgnoredDuringExecution:
                - weight: 100
                  preference:
                    matchExpressions:
                    - key: kubernetes.io/hostname
                      operator: In
                      values:
                      - b
                - weight: 33
                  preference:
                    matchExpressions:
                    - key: kubernetes.io/hostname
                      operator: In
                      values:
                      - a
                - weight: 1
                  preference:
                    matchExpressions:
                    - key: kubernetes.io/hostname
                      operator: In
                      values:
                      - c
            """);
  }

  @Test
  void aCommandRunsHereWhenThisNodeHoldsMostOrNearly() {
    nodesHold(new Held("b", 100, 50), new Held("a", 90, 45));
    assertThat(run("run", "--near", "models", "--", "sh", "-c", "exit 7").exitCode()).isEqualTo(7);
    nodesHold();
    assertThat(run("run", "--near", "models", "--", "true").exitCode()).isZero();
    Outcome missing = run("run", "--near", "models", "--", "/no/such/program");
    assertThat(missing.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(missing.err()).contains("/no/such/program");
  }

  @Test
  void withoutALauncherTheBestNodeIsNamedAndNothingRuns() {
    Path trace = directory.resolve("trace");
    nodesHold(new Held("b", 100, 50), new Held("a", 89, 44));
    Outcome outcome = run("run", "--near", "models", "--", "touch", trace.toString());
    assertThat(outcome.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(outcome.err()).contains("node b holds most", "--via 'ssh {node}'");
    assertThat(trace).doesNotExist();
  }

  @Test
  void aLauncherGetsTheNodeAndTheCommandsWordsAsTheyAre() throws Exception {
    Path launcher = directory.resolve("launch");
    Path trace = directory.resolve("trace");
    Files.writeString(
        launcher, "#!/bin/sh\nfor word; do echo \"<$word>\"; done >" + trace + "\nexit 5\n");
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
    nodesHold(new Held("b", 100, 50));
    environment.put("GRIDSET_RUN_VIA", launcher + " --on {node}");
    Outcome outcome =
        run("run", "--near", "models", "--", "python", "-c", "print('a  b')", "--near");
    assertThat(outcome.exitCode()).isEqualTo(5);
    assertThat(trace).hasContent("<--on>\n<b>\n<python>\n<-c>\n<print('a  b')>\n<--near>\n");
    assertThat(run("run", "--near", "models", "--dry-run", "--", "x", "a b").out())
        .isEqualTo("b: " + launcher + " --on b x 'a b'\n");
  }

  @Test
  void wordsForSshAreQuotedForTheShellAtTheOtherEnd() {
    RunPlan plan =
        RunPlan.of(
            affinity("a", new Held("b", 1, 1)),
            Optional.of("a"),
            Optional.of("/usr/bin/ssh -T {node}"),
            List.of("echo", "it's $HOME; rm -r /"));
    assertThat(plan.words())
        .containsExactly("/usr/bin/ssh", "-T", "b", "echo", "'it'\\''s $HOME; rm -r /'");
  }

  @Test
  void withANodeElsewhereNothingIsTakenForThisMachine() {
    AffinityView affinity = affinity("a", new Held("a", 1, 1));
    assertThatThrownBy(
            () -> RunPlan.of(affinity, Optional.empty(), Optional.empty(), List.of("true")))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("node a holds most");
  }

  @Test
  void aDrainIsWatchedToItsEnd() {
    node.grid.drains.add(new DrainView(Phase.RUNNING, 10 * GIB, 0, 0, 1));
    node.grid.drains.add(new DrainView(Phase.RUNNING, 10 * GIB, 5 * GIB, 0, 1000));
    node.grid.drains.add(new DrainView(Phase.DONE, 10 * GIB, 9 * GIB, GIB, 2500));
    Outcome outcome = run("drain", "--timeout", "5m");
    assertThat(outcome.exitCode()).isZero();
    assertThat(node.grid.drainTime).isEqualTo(Duration.ofMinutes(5));
    assertThat(outcome.out())
        .startsWith("0.0%")
        .endsWith("90.0%  9.00GiB/10.00GiB handed over, 1.00GiB found no room in 2.5 s\n");
  }

  @Test
  void aDrainCanBeUndone() {
    node.grid.drains.add(new DrainView(Phase.DONE, 10, 10, 0, 1));
    assertThat(run("drain").exitCode()).isZero();
    assertThat(run("drain", "--undo").exitCode()).isZero();
    assertThat(node.grid.drainTime).isNull();
    assertThat(node.grid.drain()).isEmpty();
  }

  @Test
  void aDrainThatDidNotEndOrCannotBeginFails() {
    assertThat(run("drain").exitCode()).as("alone").isEqualTo(ExitCode.FAILED);
    assertThat(run("drain", "--timeout", "soon").exitCode()).isEqualTo(ExitCode.USAGE);
    node.grid.drains.add(new DrainView(Phase.TIMED_OUT, 10, 5, 0, 1000));
    Outcome outcome = run("drain");
    assertThat(outcome.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(outcome.err()).contains("drain again");
  }
}
