package io.gridset.arrow;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The same class files on Java 21, and the same bytes in pyarrow. Both are found in the cache that
/// `./check` fills; what is missing is said on the console.
class OtherRuntimesTest {
  private static final Path CACHE =
      Path.of(
          System.getenv()
              .getOrDefault("GRIDSET_CACHE", System.getProperty("user.home") + "/.cache/gridset"));
  private static final String SEED = "21";
  private static final String ROWS = "300";

  @TempDir private Path directory;

  @Test
  void java21PutsAndMapsWithoutACopy() throws Exception {
    Path java = newest("java-21*/bin/java", "tools/fetch-java-21.sh fetches a Java 21");
    try (FakeNode node = new FakeNode()) {
      String here = Path.of(System.getProperty("java.home"), "bin", "java").toString();
      assertThat(run(here, node, "put", "from-25", SEED, ROWS)).startsWith("put ");
      assertThat(run(java.toString(), node, "get", "from-25", SEED, ROWS))
          .isEqualTo("equal=true mapped=true allocated=0 java=21");
      assertThat(run(java.toString(), node, "put", "from-21", SEED, ROWS)).startsWith("put ");
      assertThat(run(here, node, "get", "from-21", SEED, ROWS))
          .startsWith("equal=true mapped=true allocated=0");
      assertThat(run(java.toString(), node, "get", "none", SEED, ROWS))
          .isEqualTo("NOT_FOUND: no object default:none");
    }
  }

  private String run(String java, FakeNode node, String... arguments) throws Exception {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<String> command =
        new ArrayList<>(
            List.of(
                java,
                "-ea",
                "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath,
                ObjectsMain.class.getName(),
                node.socket.toString()));
    command.addAll(List.of(arguments));
    return output(command).lines().reduce((first, last) -> last).orElse("");
  }

  private String output(List<String> command) throws IOException, InterruptedException {
    Path errors = directory.resolve("errors");
    Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    String output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor(100, TimeUnit.SECONDS)).as("ends").isTrue();
    assertThat(process.exitValue()).as(Files.readString(errors) + output).isZero();
    return output;
  }

  /// The last in order of file names' numbers of what matches in the cache; else the test is
  /// skipped.
  private static Path newest(String pattern, String remedy) throws IOException {
    Optional<Path> found = Optional.empty();
    if (Files.isDirectory(CACHE)) {
      var matcher = CACHE.getFileSystem().getPathMatcher("glob:" + CACHE + "/" + pattern);
      try (Stream<Path> files = Files.walk(CACHE, 5)) {
        found = files.filter(matcher::matches).max(Comparator.comparing(OtherRuntimesTest::number));
      }
    }
    if (found.isEmpty()) {
      System.out.println("skipped: nothing like " + pattern + " in " + CACHE + "; " + remedy);
    }
    Assumptions.assumeTrue(found.isPresent());
    return found.orElseThrow();
  }

  private static int number(Path path) {
    String digits = path.getFileName().toString().replaceAll("^\\D*(\\d*).*", "$1");
    return digits.isEmpty() ? 0 : Integer.parseInt(digits);
  }

  @Test
  void pyarrowReadsTheFileByMappingIt() throws Exception {
    Path python = python();
    try (FakeNode node = new FakeNode();
        BufferAllocator allocator = new RootAllocator();
        ObjectClient client = ObjectClient.connect(node.socket);
        VectorSchemaRoot table = new RandomTables(allocator, 77).table(400);
        VectorSchemaRoot numbers = Tables.numbered(allocator, 5, 20_000)) {
      client.put("all", table);
      client.put("numbers", numbers);
      String script =
          """
          import sys, pyarrow as pa
          def table(path):
              return pa.ipc.open_file(pa.memory_map(path)).read_all()
          before = pa.total_allocated_bytes()
          numbers = table(sys.argv[2])
          assert pa.total_allocated_bytes() == before, "pyarrow copied"
          assert all(b is None or b.address % 64 == 0 for c in numbers.columns for k in c.chunks for b in k.buffers())
          assert numbers["id"].to_pylist() == list(range(5, 20005))
          assert numbers["text"].to_pylist() == [None if i % 3 == 0 else f"row {5 + i}" for i in range(20000)]
          every = table(sys.argv[1])
          every.validate(full=True)
          print(every.num_rows, every.num_columns)
          """;
      assertThat(
              output(
                  List.of(
                      python.toString(),
                      "-c",
                      script,
                      node.file("default:all").toString(),
                      node.file("default:numbers").toString())))
          .isEqualTo("400 " + table.getFieldVectors().size() + "\n");
    }
  }

  /// The Python of the cache that has the newest pyarrow.
  private static Path python() throws IOException {
    Path installed =
        newest(
            "*/lib/python3*/site-packages/pyarrow-*.dist-info",
            "a Python environment with pyarrow there serves");
    Path environment = installed.resolve("../../../..").normalize();
    return environment.resolve("bin/python");
  }
}
