package io.gridset.core.schema;

import static io.gridset.core.schema.PrinterColumn.Format.AGE;
import static io.gridset.core.schema.PrinterColumn.Format.NUMBER;
import static io.gridset.core.schema.PrinterColumn.Format.TEXT;
import static io.gridset.core.schema.PrinterColumn.Scope.ALWAYS;
import static io.gridset.core.schema.PrinterColumn.Scope.WIDE;

import java.util.ArrayList;
import java.util.List;

/// The columns of each kind, in the order of Fluid's CRDs.
final class Columns {
  private static final PrinterColumn AGE_COLUMN =
      new PrinterColumn("Age", "/metadata/creationTimestamp", ALWAYS, AGE);

  private static final PrinterColumn PHASE = shown("Phase", "/status/phase");

  private static final PrinterColumn DURATION = shown("Duration", "/status/duration");

  private static final PrinterColumn GATEWAY =
      new PrinterColumn("API Gateway", "/status/apiGateway/endpoint", WIDE, TEXT);

  private Columns() {}

  static List<PrinterColumn> dataset() {
    return List.of(
        shown("Ufs Total Size", "/status/ufsTotal"),
        shown("Cached", "/status/cacheStates/cached"),
        shown("Cache Capacity", "/status/cacheStates/cacheCapacity"),
        shown("Cached Percentage", "/status/cacheStates/cachedPercentage"),
        PHASE,
        wide("HCFS URL", "/status/hcfs/endpoint"),
        wide("TOTAL FILES", "/status/fileNum"),
        wide("CACHE HIT RATIO", "/status/cacheStates/cacheHitRatio"),
        AGE_COLUMN);
  }

  /// Master, worker and FUSE.
  static List<PrinterColumn> runtime() {
    return runtime("Master", "Worker", "Fuse");
  }

  /// The same with a gateway's address.
  static List<PrinterColumn> runtimeWithGateway() {
    List<PrinterColumn> columns = new ArrayList<>(runtime());
    columns.add(columns.size() - 1, GATEWAY);
    return List.copyOf(columns);
  }

  /// Worker and FUSE only: an engine without a master.
  static List<PrinterColumn> workerRuntime() {
    return runtime("Worker", "Fuse");
  }

  static List<PrinterColumn> load() {
    return List.of(
        shown("Dataset", "/spec/dataset/name"),
        PHASE,
        wide("Progress", "/status/progress/percentage"),
        AGE_COLUMN,
        DURATION);
  }

  static List<PrinterColumn> process() {
    return List.of(shown("Dataset", "/spec/dataset/name"), PHASE, AGE_COLUMN, DURATION);
  }

  static List<PrinterColumn> migrate() {
    return List.of(PHASE, AGE_COLUMN, DURATION);
  }

  static List<PrinterColumn> backup() {
    return List.of(
        shown("Dataset", "/spec/dataset"),
        PHASE,
        shown("Path", "/status/infos/BackupLocationPath"),
        shown("NodeName", "/status/infos/BackupLocationNodeName"),
        DURATION,
        AGE_COLUMN);
  }

  /// What `kubectl` prints for a CRD without columns.
  static List<PrinterColumn> age() {
    return List.of(AGE_COLUMN);
  }

  private static List<PrinterColumn> runtime(String... parts) {
    List<PrinterColumn> columns = new ArrayList<>();
    for (String part : parts) {
      String field = Character.toLowerCase(part.charAt(0)) + part.substring(1);
      columns.add(number("Ready " + part + "s", "/status/" + field + "NumberReady"));
      columns.add(number("Desired " + part + "s", "/status/desired" + part + "NumberScheduled"));
      columns.add(shown(part + " Phase", "/status/" + field + "Phase"));
    }
    columns.add(AGE_COLUMN);
    return List.copyOf(columns);
  }

  private static PrinterColumn shown(String name, String pointer) {
    return new PrinterColumn(name, pointer, ALWAYS, TEXT);
  }

  private static PrinterColumn wide(String name, String pointer) {
    return new PrinterColumn(name, pointer, WIDE, TEXT);
  }

  private static PrinterColumn number(String name, String pointer) {
    return new PrinterColumn(name, pointer, WIDE, NUMBER);
  }
}
