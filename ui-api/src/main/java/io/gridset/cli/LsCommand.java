package io.gridset.cli;

import io.gridset.client.FileView;
import io.gridset.client.GridsetClient;
import io.gridset.core.unit.DataSize;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `gridset ls`.
@Command(
    name = "ls",
    description = "List a directory of a dataset, with what is cached.",
    footerHeading = "%nExamples:%n",
    footer = {"  gridset ls serverless-data", "  gridset ls -l -R development/spark:/spark-3.0.1"},
    mixinStandardHelpOptions = true)
final class LsCommand implements Callable<Integer> {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final GridsetCommand gridset;

  @Parameters(index = "0", paramLabel = "DATASET[:/PATH]", description = "What to list.")
  private String place = "";

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NS",
      description = "Namespace (default: default).")
  private @Nullable String namespace;

  @Option(names = "-l", description = "Bytes, time (UTC), cached part and name.")
  private boolean longForm;

  @Option(
      names = {"-R", "--recursive"},
      description = "All below it.")
  private boolean recursive;

  LsCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException {
    DatasetPath target = DatasetPath.parse(gridset, place, namespace);
    GridsetClient.Depth depth =
        recursive ? GridsetClient.Depth.TREE : GridsetClient.Depth.DIRECTORY;
    PrintWriter out = gridset.surroundings().out();
    try (GridsetClient client = gridset.client()) {
      switch (gridset.output()) {
        case JSON, YAML -> {
          List<FileView> all = new ArrayList<>();
          client.files(target.dataset(), target.path(), depth, all::add);
          out.print(Documents.text(gridset.output(), all));
        }
        case NAME ->
            client.files(target.dataset(), target.path(), depth, f -> out.println(f.path()));
        case TABLE, WIDE ->
            client.files(target.dataset(), target.path(), depth, f -> out.println(line(f)));
      }
      out.flush();
    }
    return ExitCode.OK;
  }

  /// One line, without waiting for the others: a listing may be of any length.
  private String line(FileView file) {
    String name = (recursive ? file.path() : file.name()) + (file.directory() ? "/" : "");
    String cached =
        file.cachedBytes() == null ? "-" : Percentage.of(file.cachedBytes(), file.sizeBytes());
    if (longForm || gridset.output() == OutputFormat.WIDE) {
      String size = file.directory() ? "-" : Long.toString(file.sizeBytes());
      return String.format(
          Locale.ROOT, "%15s  %s  %6s  %s", size, TIME.format(file.modified()), cached, name);
    }
    String size = file.directory() ? "-" : new DataSize(file.sizeBytes()).display();
    return String.format(Locale.ROOT, "%10s  %6s  %s", size, cached, name);
  }
}
