package io.gridset.core.manifest;

import static io.gridset.core.manifest.PrinterColumn.Format.AGE;
import static io.gridset.core.manifest.PrinterColumn.Format.TEXT;
import static io.gridset.core.manifest.PrinterColumn.Scope.ALWAYS;
import static io.gridset.core.manifest.PrinterColumn.Scope.WIDE;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// The kinds that a Gridset node understands, with their names on the command line and their
/// columns (Fluid's CRDs at chart 1.1.0). `NAME` comes first always and is not listed.
public enum ResourceKind {
  DATASET("Dataset", "datasets", List.of("dataset"), Columns.DATASET),
  JINDO_RUNTIME("JindoRuntime", "jindoruntimes", List.of("jindo"), Columns.RUNTIME),
  ALLUXIO_RUNTIME("AlluxioRuntime", "alluxioruntimes", List.of("alluxio"), Columns.RUNTIME),
  JUICEFS_RUNTIME("JuiceFSRuntime", "juicefsruntimes", List.of("juicefs"), Columns.WORKER_RUNTIME),
  VINEYARD_RUNTIME("VineyardRuntime", "vineyardruntimes", List.of("v6d"), Columns.RUNTIME),
  GRID_RUNTIME("GridRuntime", "gridruntimes", List.of("grid"), Columns.RUNTIME),
  DATA_LOAD("DataLoad", "dataloads", List.of("load", "dataload"), Columns.OPERATION),
  SECRET("Secret", "secrets", List.of("secret"), Columns.SECRET);

  private final String kind;
  private final String plural;
  private final List<String> aliases;
  private final List<PrinterColumn> columns;

  ResourceKind(String kind, String plural, List<String> aliases, List<PrinterColumn> columns) {
    this.kind = kind;
    this.plural = plural;
    this.aliases = aliases;
    this.columns = columns;
  }

  /// The `kind` of a manifest.
  public String kind() {
    return kind;
  }

  /// The name in REST paths.
  public String plural() {
    return plural;
  }

  /// What else the command line takes for it; the singular in lower case is always taken.
  public List<String> aliases() {
    return aliases;
  }

  public List<PrinterColumn> columns() {
    return columns;
  }

  public boolean isRuntime() {
    return kind.endsWith("Runtime");
  }

  /// `v1` for Secret, Fluid's group for all others.
  public String apiVersion() {
    return this == SECRET ? "v1" : "data.fluid.io/v1alpha1";
  }

  /// Finds a kind by its kind, singular, plural or short name, in any case.
  public static Optional<ResourceKind> find(String name) {
    String wanted = name.toLowerCase(Locale.ROOT);
    for (ResourceKind candidate : values()) {
      if (candidate.kind.toLowerCase(Locale.ROOT).equals(wanted)
          || candidate.plural.equals(wanted)
          || candidate.aliases.contains(wanted)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  private static final class Columns {
    private static final PrinterColumn AGE_COLUMN = text("AGE", "/metadata/creationTimestamp", AGE);
    static final List<PrinterColumn> DATASET =
        List.of(
            text("UFS TOTAL SIZE", "/status/ufsTotal", TEXT),
            text("CACHED", "/status/cacheStates/cached", TEXT),
            text("CACHE CAPACITY", "/status/cacheStates/cacheCapacity", TEXT),
            text("CACHED PERCENTAGE", "/status/cacheStates/cachedPercentage", TEXT),
            text("PHASE", "/status/phase", TEXT),
            wide("HCFS URL", "/status/hcfs/endpoint"),
            wide("TOTAL FILES", "/status/fileNum"),
            wide("CACHE HIT RATIO", "/status/cacheStates/cacheHitRatio"),
            AGE_COLUMN);
    static final List<PrinterColumn> RUNTIME =
        List.of(
            text("MASTER PHASE", "/status/masterPhase", TEXT),
            text("WORKER PHASE", "/status/workerPhase", TEXT),
            text("FUSE PHASE", "/status/fusePhase", TEXT),
            wide("READY MASTERS", "/status/masterNumberReady"),
            wide("DESIRED MASTERS", "/status/desiredMasterNumberScheduled"),
            wide("READY WORKERS", "/status/workerNumberReady"),
            wide("DESIRED WORKERS", "/status/desiredWorkerNumberScheduled"),
            wide("READY FUSES", "/status/fuseNumberReady"),
            wide("DESIRED FUSES", "/status/desiredFuseNumberScheduled"),
            AGE_COLUMN);
    static final List<PrinterColumn> WORKER_RUNTIME =
        List.of(
            text("WORKER PHASE", "/status/workerPhase", TEXT),
            text("FUSE PHASE", "/status/fusePhase", TEXT),
            wide("READY WORKERS", "/status/workerNumberReady"),
            wide("DESIRED WORKERS", "/status/desiredWorkerNumberScheduled"),
            wide("READY FUSES", "/status/fuseNumberReady"),
            wide("DESIRED FUSES", "/status/desiredFuseNumberScheduled"),
            AGE_COLUMN);
    static final List<PrinterColumn> OPERATION =
        List.of(
            text("DATASET", "/spec/dataset/name", TEXT),
            text("PHASE", "/status/phase", TEXT),
            wide("PROGRESS", "/status/progress/percentage"),
            AGE_COLUMN,
            text("DURATION", "/status/duration", TEXT));
    static final List<PrinterColumn> SECRET =
        List.of(text("TYPE", "/type", TEXT), text("DATA", "/status/keys", TEXT), AGE_COLUMN);

    private static PrinterColumn text(String title, String pointer, PrinterColumn.Format format) {
      return new PrinterColumn(title, pointer, ALWAYS, format);
    }

    private static PrinterColumn wide(String title, String pointer) {
      return new PrinterColumn(title, pointer, WIDE, TEXT);
    }
  }
}
