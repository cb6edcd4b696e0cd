package io.gridset.cli;

import io.gridset.core.dataset.DatasetName;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `gridset objects materialise`. The decoders are those of pyarrow, through our Python package:
/// the command finds an interpreter that has both, or says what is missing (`docs/decisions/0019`).
@Command(
    name = "materialise",
    description = {
      "Decode files of a dataset (Parquet, CSV, TSV, JSON lines, ORC), or all data files of a"
          + " directory, as objects, once in the grid for each version; prints the objects' names.",
      "Runs `python3 -m gridset materialise`: a Python with pyarrow is needed (GRIDSET_PYTHON names"
          + " one; else python3)."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  gridset objects materialise spark:/out/part-0.parquet",
      "  gridset objects materialise research/spark:/out spark:/log --format json --ttl 0"
    },
    mixinStandardHelpOptions = true)
final class ObjectsMaterialiseCommand implements Callable<Integer> {
  private static final String SCHEME = "dataset://";
  private static final int ANSWER_CHARACTERS_MAX = 2000;

  private final GridsetCommand gridset;

  @Parameters(
      arity = "1..*",
      paramLabel = "DATASET[:/PATH]",
      description = "Files or directories; also as dataset://NAME/PATH.")
  private List<String> places = new ArrayList<>();

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NS",
      description = "Namespace (default: default).")
  private @Nullable String namespace;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "parquet, csv, tsv, json or orc, where a file's name does not tell.")
  private @Nullable String format;

  @Option(
      names = "--ttl",
      paramLabel = "SECONDS",
      description = "How long objects made now live; 0 for good (default: a day).")
  private @Nullable Long timeToLive;

  ObjectsMaterialiseCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (gridset.localRunDirectory().isEmpty()) {
      throw CommandFailure.failed(
          "files are decoded on the node's machine: run this command there, without --server");
    }
    List<String> uris = places.stream().map(this::uri).toList();
    String python = variable("GRIDSET_PYTHON").orElse("python3");
    checkPackages(python);
    List<String> words = new ArrayList<>(List.of(python, "-m", "gridset", "materialise"));
    words.addAll(List.of("--socket", gridset.socketPath().toAbsolutePath().toString()));
    if (format != null) {
      words.addAll(List.of("--format", format));
    }
    if (timeToLive != null) {
      words.addAll(List.of("--time-to-live", timeToLive.toString()));
    }
    words.addAll(uris);
    Process process = start(words);
    try (InputStream names = process.getInputStream()) {
      names.transferTo(gridset.surroundings().data());
      gridset.surroundings().data().flush();
    }
    return process.waitFor();
  }

  private String uri(String place) {
    if (place.startsWith(SCHEME)) {
      return place;
    }
    DatasetPath path = DatasetPath.parse(gridset, place, namespace);
    DatasetName dataset = path.dataset();
    return SCHEME + dataset.namespace() + ":" + dataset.name() + "/" + path.path();
  }

  private void checkPackages(String python) throws IOException, InterruptedException {
    Process process = start(List.of(python, "-c", "import pyarrow, gridset.materialising"));
    String said;
    try (InputStream out = process.getInputStream()) {
      said = new String(out.readNBytes(ANSWER_CHARACTERS_MAX), StandardCharsets.UTF_8).strip();
    }
    if (process.waitFor() != 0) {
      String last = said.substring(said.lastIndexOf('\n') + 1);
      throw CommandFailure.failed(
          python
              + " cannot decode files ("
              + last
              + "): pip install pyarrow and arrow-share/python of Gridset, or name an interpreter"
              + " that has them with GRIDSET_PYTHON");
    }
  }

  private Process start(List<String> words) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(words);
    Map<String, String> environment = builder.environment();
    ownPackage()
        .ifPresent(
            own -> environment.merge("PYTHONPATH", own, (a, b) -> a + File.pathSeparator + b));
    if (words.contains("-c")) {
      builder.redirectErrorStream(true);
    } else {
      builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    }
    try {
      return builder.start();
    } catch (IOException e) {
      throw CommandFailure.failed(
          "there is no "
              + words.getFirst()
              + " to decode files with: install Python 3 and pyarrow, or name an interpreter with"
              + " GRIDSET_PYTHON");
    }
  }

  /// The package in the checkout that this command was started from.
  private Optional<String> ownPackage() {
    return variable("GRIDSET_LAUNCHER")
        .map(launcher -> Path.of(launcher).resolveSibling("arrow-share").resolve("python"))
        .filter(Files::isDirectory)
        .map(Path::toString);
  }

  private Optional<String> variable(String name) {
    return Optional.ofNullable(gridset.surroundings().environment().get(name))
        .filter(value -> !value.isEmpty());
  }
}
