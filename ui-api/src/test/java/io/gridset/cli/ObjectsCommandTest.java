package io.gridset.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.api.TestNode;
import io.gridset.core.object.FolderObjectStore;
import io.gridset.core.object.ObjectName;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `gridset objects …` in this process, against the served API.
class ObjectsCommandTest {
  @TempDir private Path directory;
  private TestNode node;
  private Path file;
  private final Map<String, String> environment = new HashMap<>();

  private record Outcome(int exitCode, String out, String err) {}

  @BeforeEach
  void start() throws IOException {
    node = new TestNode();
    environment.put("GRIDSET_SOCKET", node.socket().toString());
    file = Files.write(directory.resolve("x.arrow"), FolderObjectStore.payload(2048));
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
            InputStream.nullInputStream(),
            environment,
            InstantSource.fixed(TestNode.NOW),
            _ -> {},
            new Surroundings.Screen(0),
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
  void objectsArePutListedDescribedFetchedAndDeleted() throws IOException {
    assertThat(run("objects", "put", file.toString(), "risk/x", "--label", "team=risk"))
        .isEqualTo(new Outcome(0, "object \"risk/x\" put: 3 rows, 2.00KiB\n", ""));
    assertThat(run("objects", "ls").out())
        .isEqualTo(
            """
            NAME     STATUS   FORM    ROWS   SIZE      HERE   HOLDERS   AGE
            risk/x   Ready    table   3      2.00KiB   yes    1         60m
            """);
    assertThat(run("objects", "ls", "risk/", "-o", "name").out()).isEqualTo("risk/x\n");
    assertThat(run("objects", "ls", "-n", "other", "-o", "name").out()).isEmpty();
    assertThat(run("objects", "ls", "-o", "json").out())
        .contains("\"team\" : \"risk\"", "\"held\" : true");
    assertThat(run("objects", "describe", "default:risk/x").out())
        .contains("Labels:    team=risk\n", "Size:      2048 (2.00KiB)\n", "  a: int64\n");
    Path target = directory.resolve("out.arrow");
    assertThat(run("objects", "get", "risk/x", target.toString()).exitCode()).isZero();
    assertThat(target).hasSameBinaryContentAs(file);
    assertThat(run("objects", "get", "risk/x").out())
        .isEqualTo(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
    assertThat(run("objects", "delete", "risk/x"))
        .isEqualTo(new Outcome(0, "object \"risk/x\" deleted\n", ""));
  }

  @Test
  void whatIsLostIsListedWithItsNodeAndDeletedByName() throws IOException {
    run("objects", "put", file.toString(), "risk/kept");
    run("objects", "put", file.toString(), "risk/gone");
    node.objects.folder.lose(ObjectName.of("risk/gone"), "n2");
    assertThat(run("objects", "ls").out())
        .isEqualTo(
            """
            NAME        STATUS   FORM    ROWS   SIZE      HERE   HOLDERS   AGE
            risk/gone   Lost     table   3      2.00KiB   no     0         60m
            risk/kept   Ready    table   3      2.00KiB   yes    1         60m
            """);
    assertThat(run("objects", "ls", "--lost", "-o", "name").out()).isEqualTo("risk/gone\n");
    assertThat(run("objects", "ls", "--lost", "-o", "json").out())
        .contains("\"lostWith\" : \"n2\"");
    assertThat(run("objects", "describe", "risk/gone"))
        .isEqualTo(
            new Outcome(
                1,
                "",
                "gridset: the object default:risk/gone is lost: n2 held it in memory; put it again,"
                    + " or delete its name\n"));
    assertThat(run("objects", "get", "risk/gone").err()).contains("n2 held it");
    assertThat(run("objects", "delete", "risk/gone").exitCode()).isZero();
    assertThat(run("objects", "ls", "--lost", "-o", "name").out()).isEmpty();
    assertThat(run("objects", "describe", "risk/gone").exitCode()).isEqualTo(ExitCode.NOT_FOUND);
  }

  @Test
  void anObjectIsFetchedOnANodeThatIsAloneAndMovedToNoOther() {
    run("objects", "put", file.toString(), "x");
    assertThat(run("objects", "fetch", "x"))
        .isEqualTo(new Outcome(0, "object \"x\" is held by a\n", ""));
    assertThat(run("objects", "fetch", "y").exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    Outcome elsewhere = run("objects", "migrate", "x", "--to", "n2");
    assertThat(elsewhere.exitCode()).isEqualTo(1);
    assertThat(elsewhere.err()).contains("no node n2", "in no grid");
    assertThat(run("objects", "migrate", "x").exitCode()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void withoutAPythonThatDecodesFilesTheRemedyIsNamed() throws IOException {
    environment.put("GRIDSET_PYTHON", directory.resolve("no-python").toString());
    Outcome none = run("objects", "materialise", "spark:/a.parquet");
    assertThat(none.exitCode()).isEqualTo(1);
    assertThat(none.err()).contains("no-python", "GRIDSET_PYTHON");
    Path python = directory.resolve("python");
    environment.put("GRIDSET_PYTHON", python.toString());
    script(python, "echo \"No module named 'pyarrow'\" >&2; exit 1");
    Outcome bare = run("objects", "materialise", "spark:/a.parquet");
    assertThat(bare.exitCode()).isEqualTo(1);
    assertThat(bare.err()).contains("No module named 'pyarrow'", "pip install", "GRIDSET_PYTHON");
    assertThat(run("objects", "materialise", "a/b/c").exitCode()).isEqualTo(ExitCode.USAGE);
    script(python, "[ \"$1\" = -c ] || echo \"$@\"; [ \"$1\" = -c ] || exit 7");
    Outcome outcome =
        run("objects", "materialise", "lab/spark:/out/a b.csv", "dataset://x/y", "--ttl", "0");
    assertThat(outcome.exitCode()).isEqualTo(7);
    assertThat(outcome.out())
        .isEqualTo(
            "-m gridset materialise --socket "
                + node.socket()
                + " --time-to-live 0 dataset://lab:spark/out/a b.csv dataset://x/y\n");
  }

  private static void script(Path file, String text) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + text + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
  }

  @Test
  void exitCodesTellWhatWentWrong() throws IOException {
    run("objects", "put", file.toString(), "x_train");
    assertThat(run("objects", "describe", "x_trian"))
        .isEqualTo(
            new Outcome(
                3, "", "gridset: there is no object default:x_trian, did you mean x_train?\n"));
    Path target = directory.resolve("none.arrow");
    assertThat(run("objects", "get", "x_trian", target.toString()).exitCode()).isEqualTo(3);
    assertThat(target).doesNotExist();
    assertThat(run("objects", "delete", "x_trian", "x_train"))
        .isEqualTo(
            new Outcome(
                3,
                "object \"x_train\" deleted\n",
                "gridset: there is no object default:x_trian, did you mean x_train?\n"));
    assertThat(run("objects", "delete", "x_trian", "--ignore-not-found").exitCode()).isZero();
    assertThat(run("objects", "put", directory.resolve("no").toString(), "y").exitCode())
        .isEqualTo(1);
    assertThat(run("objects", "put", file.toString(), "../y").exitCode()).isEqualTo(2);
    assertThat(run("objects").exitCode()).isEqualTo(2);
    assertThat(run("objects", "lss").err()).contains("ls");
    assertThat(run("completion", "bash").out()).contains("objects", "describe", "--persist");
  }
}
