package io.gridset.cli;

import io.gridset.client.FileTotals;
import io.gridset.client.FileView;
import io.gridset.client.GridsetClient;
import io.gridset.core.unit.DataSize;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `gridset stat`.
@Command(
    name = "stat",
    description = "Print all about a file, or the totals of a directory.",
    mixinStandardHelpOptions = true)
final class StatCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  @Parameters(index = "0", paramLabel = "DATASET[:/PATH]", description = "What to look at.")
  private String place = "";

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NS",
      description = "Namespace (default: default).")
  private @Nullable String namespace;

  StatCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException {
    DatasetPath target = DatasetPath.parse(gridset, place, namespace);
    PrintWriter out = gridset.surroundings().out();
    try (GridsetClient client = gridset.client()) {
      FileTotals totals = client.stat(target.dataset(), target.path());
      switch (gridset.output()) {
        case JSON, YAML -> out.print(Documents.text(gridset.output(), totals));
        case NAME -> out.println(totals.entry().path());
        case TABLE, WIDE -> print(totals, out);
      }
      out.flush();
    }
    return ExitCode.OK;
  }

  private static void print(FileTotals totals, PrintWriter out) {
    FileView entry = totals.entry();
    out.println("Path:      /" + entry.path());
    out.println("Type:      " + (entry.directory() ? "directory" : "file"));
    out.println("Modified:  " + entry.modified());
    out.println("Inode:     " + Long.toUnsignedString(entry.inode()));
    if (!entry.directory()) {
      out.println("Version:   " + entry.version());
    } else {
      out.println("Files:     " + totals.files());
    }
    out.println("Size:      " + size(totals.totalBytes()));
    out.println(
        "Cached:    "
            + size(totals.cachedBytes())
            + ", "
            + Percentage.of(totals.cachedBytes(), totals.totalBytes()));
  }

  private static String size(long bytes) {
    return bytes + " (" + new DataSize(bytes).display() + ")";
  }
}
