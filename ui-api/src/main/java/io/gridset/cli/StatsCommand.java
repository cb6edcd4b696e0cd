package io.gridset.cli;

import io.gridset.client.DatasetFigures;
import io.gridset.client.GridsetClient;
import io.gridset.client.NodeView;
import io.gridset.core.cache.CacheUsage;
import io.gridset.core.unit.DataSize;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `gridset stats`.
@Command(
    name = "stats",
    description = "Print what the node holds, reads and serves.",
    mixinStandardHelpOptions = true)
final class StatsCommand implements Callable<Integer> {
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

  private final GridsetCommand gridset;

  @Option(
      names = {"-w", "--watch"},
      description = "Print again every second, until interrupted.")
  private boolean watch;

  StatsCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Surroundings surroundings = gridset.surroundings();
    try (GridsetClient client = gridset.client()) {
      List<DatasetFigures> before = List.of();
      do {
        NodeView node = client.node();
        List<DatasetFigures> datasets = client.datasets();
        if (watch && surroundings.screen().isTerminal()) {
          surroundings.out().print("\u001b[H\u001b[2J");
        }
        print(node, datasets, before);
        surroundings.out().flush();
        before = datasets;
        if (watch) {
          surroundings.pause().between(BETWEEN_LOOKS);
        }
      } while (watch);
    }
    return ExitCode.OK;
  }

  private void print(NodeView node, List<DatasetFigures> datasets, List<DatasetFigures> before) {
    PrintWriter out = gridset.surroundings().out();
    if (gridset.output() == OutputFormat.JSON || gridset.output() == OutputFormat.YAML) {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("node", node);
      all.put("datasets", datasets);
      out.print(Documents.text(gridset.output(), all));
      return;
    }
    out.println(
        "Node: gridset "
            + node.version()
            + ", pid "
            + node.pid()
            + ", up "
            + Age.of(Duration.ofMillis(node.uptimeMillis()))
            + ", heap "
            + size(node.memory().heapUsedBytes())
            + "/"
            + size(node.memory().heapMaxBytes())
            + ", resident "
            + size(node.memory().residentBytes())
            + ", members "
            + node.members().members().size());
    out.println();
    Table tiers = Table.of("TIER", "PATH", "USED", "QUOTA", "USED PERCENTAGE", "FILES", "EVICTED");
    for (CacheUsage.Tier tier : node.cache().tiers()) {
      tiers.row(
          tier.medium(),
          tier.path(),
          size(tier.usedBytes()),
          size(tier.quotaBytes()),
          Percentage.of(tier.usedBytes(), tier.quotaBytes()),
          Long.toString(tier.files()),
          Long.toString(tier.evictedFiles()));
    }
    tiers.print(out);
    out.println();
    datasets(datasets, before).print(out);
  }

  private Table datasets(List<DatasetFigures> datasets, List<DatasetFigures> before) {
    List<String> titles =
        new ArrayList<>(
            List.of(
                "DATASET",
                "FILES",
                "TOTAL",
                "CACHED",
                "CACHED PERCENTAGE",
                "ORIGIN",
                "SERVED",
                "FROM PEERS",
                "TO PEERS"));
    if (watch) {
      titles.addAll(List.of("ORIGIN/S", "SERVED/S"));
    }
    Table table = new Table(titles);
    for (DatasetFigures figures : datasets) {
      Long total = figures.totalBytes();
      List<String> cells =
          new ArrayList<>(
              List.of(
                  figures.dataset().toString(),
                  figures.files() == null ? "?" : figures.files().toString(),
                  total == null ? "?" : size(total),
                  size(figures.cachedBytes()),
                  total == null ? "?" : Percentage.of(figures.cachedBytes(), total),
                  size(figures.originBytes()),
                  size(figures.servedBytes()),
                  size(figures.peerBytes()),
                  size(figures.servedToPeersBytes())));
      if (watch) {
        DatasetFigures last = find(before, figures);
        cells.add(last == null ? "" : grown(last.originBytes(), figures.originBytes()));
        cells.add(last == null ? "" : grown(last.servedBytes(), figures.servedBytes()));
      }
      table.row(cells);
    }
    return table;
  }

  private static @Nullable DatasetFigures find(List<DatasetFigures> before, DatasetFigures now) {
    return before.stream()
        .filter(figures -> figures.dataset().equals(now.dataset()))
        .findFirst()
        .orElse(null);
  }

  private static String grown(long before, long now) {
    return size(Math.max(0, now - before));
  }

  private static String size(long bytes) {
    return new DataSize(bytes).display();
  }
}
