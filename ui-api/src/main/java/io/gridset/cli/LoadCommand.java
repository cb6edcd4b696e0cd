package io.gridset.cli;

import io.gridset.client.GridsetClient;
import io.gridset.client.LoadView;
import io.gridset.core.dataset.LoadOptions;
import io.gridset.core.dataset.LoadProgress;
import io.gridset.core.dataset.LoadRequest;
import io.gridset.core.manifest.DataLoadSpec;
import io.gridset.core.unit.DataSize;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `gridset load`.
@Command(
    name = "load",
    description = "Bring a dataset, or parts of it, into the cache. Ctrl-C cancels.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  gridset load serverless-data",
      "  gridset load spark --path spark-3.0.1 --path spark-2.4.7",
      "  gridset load serverless-data --replicas 2 --bandwidth 100MiB/s",
      "  gridset load serverless-data --check   # exit code 0 when all of it is cached"
    },
    mixinStandardHelpOptions = true)
final class LoadCommand implements Callable<Integer> {
  private static final Duration BETWEEN_LOOKS_TERMINAL = Duration.ofMillis(250);

  /// Plain lines go to logs, which should not be flooded; the load itself is watched as closely.
  private static final int LOOKS_PER_PLAIN_LINE = 20;

  private final GridsetCommand gridset;

  @Parameters(index = "0", paramLabel = "DATASET", description = "NAME or NAMESPACE/NAME.")
  private String dataset = "";

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NS",
      description = "Namespace (default: default).")
  private @Nullable String namespace;

  @Option(
      names = "--path",
      paramLabel = "PATH",
      description = "A file or directory of the dataset; may be repeated (default: everything).")
  private List<String> paths = new ArrayList<>();

  @Option(names = "--check", description = "Fetch nothing, only tell what is cached.")
  private boolean check;

  @Option(names = "--refresh", description = "List the origin afresh first.")
  private boolean refresh;

  @Option(
      names = "--replicas",
      paramLabel = "N",
      description = "How many members are to hold each block (default: 1).")
  private int replicas = 1;

  @Option(
      names = "--bandwidth",
      paramLabel = "SIZE/s",
      description = "What the whole load may take from the origin in a second (default: no limit).")
  private @Nullable String bandwidth;

  @Option(names = "--no-wait", description = "Return at once; print the load's id.")
  private boolean noWait;

  LoadCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    DatasetPath target = DatasetPath.parse(gridset, dataset, namespace);
    List<String> targets = new ArrayList<>(paths);
    if (!target.path().isEmpty()) {
      targets.add(target.path());
    }
    LoadRequest request =
        new LoadRequest(
            targets, check ? LoadRequest.Mode.CHECK : LoadRequest.Mode.LOAD, refresh, options());
    try (GridsetClient client = gridset.client()) {
      new BoundWait(gridset.surroundings(), client).await(target.dataset());
      LoadView started = client.startLoad(target.dataset(), request);
      if (noWait) {
        gridset.surroundings().out().println(started.id());
        return ExitCode.OK;
      }
      Thread cancel =
          Thread.ofPlatform().name("cancel-load").unstarted(() -> cancel(client, started));
      Runtime.getRuntime().addShutdownHook(cancel);
      LoadView ended = watch(client, started);
      Runtime.getRuntime().removeShutdownHook(cancel);
      return result(ended);
    }
  }

  private LoadOptions options() {
    if (replicas < 1) {
      throw CommandFailure.usage("--replicas: must be 1 or more, not " + replicas);
    }
    if (bandwidth == null) {
      return new LoadOptions(replicas, Map.of(), 0);
    }
    try {
      return new LoadOptions(replicas, Map.of(), DataLoadSpec.bandwidth(bandwidth).bytes());
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage("--bandwidth: " + e.getMessage());
    }
  }

  /// Runs when the process is interrupted while it watches.
  private void cancel(GridsetClient client, LoadView load) {
    PrintWriter err = gridset.surroundings().err();
    try {
      client.cancelLoad(load.id());
      err.println("\ngridset: interrupted; the load was cancelled, what is cached stays");
    } catch (IOException e) {
      err.println("\ngridset: interrupted, and the load could not be cancelled: " + e.getMessage());
    }
    err.flush();
  }

  private LoadView watch(GridsetClient client, LoadView started)
      throws IOException, InterruptedException {
    Surroundings surroundings = gridset.surroundings();
    boolean quiet = gridset.output() == OutputFormat.JSON || gridset.output() == OutputFormat.YAML;
    TransferRate rate = new TransferRate();
    LoadView load = started;
    for (int look = 0; !load.progress().phase().isEnd(); look++) {
      rate.add(surroundings.clock().instant(), load.progress().cachedBytes());
      String line =
          ProgressLine.of(load.progress(), rate.bytesPerSecond(), surroundings.screen().columns());
      if (surroundings.screen().isTerminal() && !quiet) {
        surroundings.out().print("\r\u001b[K" + line);
        surroundings.out().flush();
      } else if (!quiet && look % LOOKS_PER_PLAIN_LINE == 0) {
        surroundings.out().println(line);
      }
      surroundings.pause().between(BETWEEN_LOOKS_TERMINAL);
      load = client.load(load.id());
    }
    if (surroundings.screen().isTerminal() && !quiet) {
      surroundings.out().print("\r\u001b[K");
    }
    return load;
  }

  private int result(LoadView load) {
    LoadProgress progress = load.progress();
    PrintWriter out = gridset.surroundings().out();
    PrintWriter err = gridset.surroundings().err();
    boolean whole =
        progress.cachedBytes() >= progress.totalBytes()
            && progress.cachedFiles() >= progress.totalFiles()
            && progress.failedFiles() == 0;
    if (gridset.output() == OutputFormat.JSON || gridset.output() == OutputFormat.YAML) {
      out.print(Documents.text(gridset.output(), load));
    } else {
      out.println(
          ProgressLine.of(progress, 0, 0)
              + (check ? " cached" : " cached in " + seconds(progress.elapsedMillis())));
    }
    out.flush();
    progress.failures().forEach(failure -> err.println("gridset: " + failure));
    if (progress.failedFiles() > progress.failures().size()) {
      err.println("gridset: " + progress.failedFiles() + " files failed in all");
    }
    return switch (progress.phase()) {
      case COMPLETE -> whole ? ExitCode.OK : incomplete(progress, err);
      case CANCELLED -> {
        err.println("gridset: the load was cancelled");
        yield ExitCode.INTERRUPTED;
      }
      case FAILED, LISTING, LOADING -> incomplete(progress, err);
    };
  }

  private static int incomplete(LoadProgress progress, PrintWriter err) {
    long missing = Math.max(0, progress.totalBytes() - progress.cachedBytes());
    err.println(
        "gridset: not all is cached: "
            + new DataSize(missing).display()
            + " in "
            + Math.max(0, progress.totalFiles() - progress.cachedFiles())
            + " files are missing");
    return ExitCode.FAILED;
  }

  private static String seconds(long millis) {
    return String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
  }
}
