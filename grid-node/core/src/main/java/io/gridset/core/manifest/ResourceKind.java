package io.gridset.core.manifest;

import io.gridset.core.schema.FluidKind;
import io.gridset.core.schema.PrinterColumn;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// The kinds that a Gridset node understands, with their names on the command line and their
/// columns. `NAME` comes first always and is not listed.
public enum ResourceKind {
  DATASET(FluidKind.DATASET),
  JINDO_RUNTIME(FluidKind.JINDO_RUNTIME),
  ALLUXIO_RUNTIME(FluidKind.ALLUXIO_RUNTIME),
  JUICEFS_RUNTIME(FluidKind.JUICEFS_RUNTIME),
  VINEYARD_RUNTIME(FluidKind.VINEYARD_RUNTIME),
  GRID_RUNTIME(FluidKind.GRID_RUNTIME),
  DATA_LOAD(FluidKind.DATA_LOAD),
  SECRET(
      "Secret",
      "secrets",
      List.of("secret"),
      List.of(
          column("Type", "/type", PrinterColumn.Format.TEXT),
          column("Data", "/status/keys", PrinterColumn.Format.NUMBER),
          column("Age", "/metadata/creationTimestamp", PrinterColumn.Format.AGE)));

  private final String kind;
  private final String plural;
  private final List<String> aliases;
  private final List<PrinterColumn> columns;
  private final Optional<FluidKind> fluid;

  ResourceKind(String kind, String plural, List<String> aliases, List<PrinterColumn> columns) {
    this.kind = kind;
    this.plural = plural;
    this.aliases = aliases;
    this.columns = columns;
    this.fluid = Optional.empty();
  }

  ResourceKind(FluidKind fluid) {
    this.kind = fluid.kind();
    this.plural = fluid.plural();
    this.aliases = fluid.shortNames();
    this.columns = fluid.columns();
    this.fluid = Optional.of(fluid);
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
    return fluid.filter(FluidKind::isRuntime).isPresent();
  }

  /// `v1` for Secret, Fluid's group for all others.
  public String apiVersion() {
    return this == SECRET ? "v1" : FluidKind.GROUP + "/" + FluidKind.VERSION;
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

  /// Empty for kinds that are Kubernetes' own.
  Optional<FluidKind> fluid() {
    return fluid;
  }

  private static PrinterColumn column(String name, String pointer, PrinterColumn.Format format) {
    return new PrinterColumn(name, pointer, PrinterColumn.Scope.ALWAYS, format);
  }
}
