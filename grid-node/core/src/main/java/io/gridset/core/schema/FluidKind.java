package io.gridset.core.schema;

import io.gridset.core.schema.FieldType.Fields;
import java.util.List;
import java.util.Locale;

/// The kinds of the API group `data.fluid.io`, version `v1alpha1`: Fluid's, as at chart 1.1.0, and
/// our own GridRuntime. Not every one is acted on by the standalone program; `ResourceKind` has
/// those.
public enum FluidKind {
  DATASET(
      "Dataset",
      "datasets",
      List.of("dataset"),
      new Shape(DatasetFields.spec(), StatusFields.dataset(), Columns.dataset())),
  GRID_RUNTIME(
      "GridRuntime",
      "gridruntimes",
      List.of("grid"),
      new Shape(EngineFields.grid(), StatusFields.runtime(), Columns.runtime())),
  JINDO_RUNTIME(
      "JindoRuntime",
      "jindoruntimes",
      List.of("jindo"),
      new Shape(EngineFields.jindo(), StatusFields.runtime(), Columns.runtime())),
  ALLUXIO_RUNTIME(
      "AlluxioRuntime",
      "alluxioruntimes",
      List.of("alluxio"),
      new Shape(EngineFields.alluxio(), StatusFields.runtime(), Columns.runtimeWithGateway())),
  JUICEFS_RUNTIME(
      "JuiceFSRuntime",
      "juicefsruntimes",
      List.of("juicefs"),
      new Shape(EngineFields.juicefs(), StatusFields.runtime(), Columns.workerRuntime())),
  VINEYARD_RUNTIME(
      "VineyardRuntime",
      "vineyardruntimes",
      List.of("v6d"),
      new Shape(EngineFields.vineyard(), StatusFields.runtime(), Columns.runtimeWithGateway())),
  THIN_RUNTIME(
      "ThinRuntime",
      "thinruntimes",
      List.of(),
      new Shape(EngineFields.thin(), StatusFields.runtime(), Columns.age())),
  THIN_RUNTIME_PROFILE(
      "ThinRuntimeProfile",
      "thinruntimeprofiles",
      List.of(),
      new Shape(EngineFields.thinProfile(), StatusFields.profile(), Columns.age())),
  DATA_LOAD(
      "DataLoad",
      "dataloads",
      List.of("load"),
      new Shape(OperationFields.load(), StatusFields.load(), Columns.load())),
  DATA_PROCESS(
      "DataProcess",
      "dataprocesses",
      List.of(),
      new Shape(OperationFields.process(), StatusFields.operation(), Columns.process())),
  DATA_MIGRATE(
      "DataMigrate",
      "datamigrates",
      List.of("migrate"),
      new Shape(OperationFields.migrate(), StatusFields.operation(), Columns.migrate())),
  DATA_BACKUP(
      "DataBackup",
      "databackups",
      List.of("backup"),
      new Shape(OperationFields.backup(), StatusFields.operation(), Columns.backup()));

  /// The API group of all kinds.
  public static final String GROUP = "data.fluid.io";

  /// Its one version.
  public static final String VERSION = "v1alpha1";

  private final String kind;
  private final String plural;
  private final List<String> shortNames;
  private final Shape shape;

  FluidKind(String kind, String plural, List<String> shortNames, Shape shape) {
    this.kind = kind;
    this.plural = plural;
    this.shortNames = shortNames;
    this.shape = shape;
  }

  private record Shape(Fields spec, Fields status, List<PrinterColumn> columns) {}

  /// The `kind` of a manifest.
  public String kind() {
    return kind;
  }

  /// The name in REST paths.
  public String plural() {
    return plural;
  }

  /// The kind in lower case.
  public String singular() {
    return kind.toLowerCase(Locale.ROOT);
  }

  /// What else the command line takes for it.
  public List<String> shortNames() {
    return shortNames;
  }

  /// What `kubectl get CATEGORY` lists it under. Fluid leaves three kinds out of its own.
  public List<String> categories() {
    return switch (this) {
      case THIN_RUNTIME, THIN_RUNTIME_PROFILE, DATA_PROCESS -> List.of("gridset");
      default -> List.of("fluid", "gridset");
    };
  }

  /// Whether its resources belong to no namespace.
  public boolean isClusterWide() {
    return this == THIN_RUNTIME_PROFILE;
  }

  /// Whether it binds datasets, and so can be scaled.
  public boolean isRuntime() {
    return kind.endsWith("Runtime");
  }

  /// Whether a manifest without a `spec` says nothing.
  public boolean needsSpec() {
    return (kind.startsWith("Data") && this != DATASET) || this == THIN_RUNTIME_PROFILE;
  }

  public Fields spec() {
    return shape.spec();
  }

  public Fields status() {
    return shape.status();
  }

  /// In the order in which they are printed; `NAME` comes first always and is not listed.
  public List<PrinterColumn> columns() {
    return shape.columns();
  }
}
