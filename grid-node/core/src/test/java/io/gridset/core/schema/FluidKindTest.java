package io.gridset.core.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.schema.FieldType.Field;
import io.gridset.core.schema.FieldType.Fields;
import io.gridset.core.schema.FieldType.Items;
import io.gridset.core.schema.FieldType.Kubernetes;
import io.gridset.core.schema.FieldType.Treatment;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// The model against Fluid's own CRDs, of which `fluid-fields.txt` is an extract: who comes from
/// Fluid misses no field.
class FluidKindTest {
  /// What Fluid leaves open and we require, since nothing can be done without it.
  private static final List<String> REQUIRED_HERE_ONLY =
      List.of(
          ".valueFrom",
          ".secretKeyRef",
          ".secretKeyRef.key",
          "DataLoad spec.dataset",
          ".namespaces");

  @Test
  void everyFieldOfFluidIsThereWithItsType() throws IOException {
    Map<String, String> ours = ours();
    List<String> wrong = new ArrayList<>();
    for (String[] words : lines()) {
      if (words[1].equals("column")) {
        continue;
      }
      String path = words[0] + " " + words[1];
      String wanted = words[2];
      String found = ours.get(path);
      boolean container = wanted.equals("list") || wanted.equals("object");
      boolean same = container ? isAbove(path, ours) : wanted.equals(found);
      if (!same) {
        wrong.add(path + ": " + wanted + " in Fluid, here " + found);
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void whatFluidRequiresOrFillsInIsSoHereAndLittleElse() throws IOException {
    TreeSet<String> fluid = new TreeSet<>();
    for (String[] words : lines()) {
      List<String> traits = Arrays.asList(words).subList(1, words.length);
      if (traits.contains("required") && !traits.getFirst().equals("column")) {
        fluid.add(words[0] + " " + words[1] + " required");
      }
      traits.stream()
          .filter(word -> word.startsWith("default="))
          .forEach(word -> fluid.add(words[0] + " " + words[1] + " " + word));
    }
    TreeSet<String> here = new TreeSet<>();
    for (FluidKind kind : FluidKind.values()) {
      if (kind == FluidKind.GRID_RUNTIME) {
        continue;
      }
      traits(kind.kind() + " spec", kind.spec(), here);
      if (kind != FluidKind.THIN_RUNTIME_PROFILE) { // Fluid's has an empty status
        traits(kind.kind() + " status", kind.status(), here);
      }
    }
    here.removeIf(
        trait -> REQUIRED_HERE_ONLY.stream().anyMatch(own -> trait.endsWith(own + " required")));
    TreeSet<String> missing = new TreeSet<>(fluid);
    missing.removeAll(here);
    assertThat(missing).as("in Fluid only").isEmpty();
    here.removeAll(fluid);
    assertThat(here).as("here only").isEmpty();
  }

  @Test
  void columnsAreThoseOfFluidInItsOrderAndOneMoreForProgress() throws IOException {
    Map<String, List<String>> fluid = new TreeMap<>();
    for (String[] words : lines()) {
      if (words[1].equals("column")) {
        String column = Arrays.stream(words).skip(2).collect(Collectors.joining(" "));
        fluid.computeIfAbsent(words[0], _ -> new ArrayList<>()).add(column);
      }
    }
    for (FluidKind kind : FluidKind.values()) {
      List<String> wanted = fluid.get(kind.kind());
      if (wanted == null) {
        assertThat(kind)
            .isIn(FluidKind.GRID_RUNTIME, FluidKind.THIN_RUNTIME, FluidKind.THIN_RUNTIME_PROFILE);
        continue;
      }
      List<String> columns =
          new ArrayList<>(kind.columns().stream().map(FluidKindTest::text).toList());
      columns.remove("Progress|.status.progress.percentage|string|wide");
      assertThat(columns).as(kind.kind()).isEqualTo(wanted);
    }
  }

  @Test
  void everyStatusTellsWhichManifestItIsOf() {
    for (FluidKind kind : FluidKind.values()) {
      assertThat(kind.status().byName()).containsKeys("observedGeneration", "conditions");
    }
  }

  private static String text(PrinterColumn column) {
    String type =
        switch (column.format()) {
          case TEXT -> "string";
          case NUMBER -> "integer";
          case AGE -> "date";
        };
    String scope = column.scope() == PrinterColumn.Scope.WIDE ? "wide" : "always";
    return column.name() + "|" + column.pointer().replace('/', '.') + "|" + type + "|" + scope;
  }

  private static boolean isAbove(String path, Map<String, String> leaves) {
    return leaves.keySet().stream()
        .anyMatch(leaf -> leaf.startsWith(path + ".") || leaf.startsWith(path + "[]"));
  }

  /// Path and type of every leaf of the model.
  private static Map<String, String> ours() {
    Map<String, String> leaves = new TreeMap<>();
    for (FluidKind kind : FluidKind.values()) {
      leaves(kind.kind() + " spec", kind.spec(), leaves);
      leaves(kind.kind() + " status", kind.status(), leaves);
    }
    return leaves;
  }

  private static void leaves(String path, FieldType type, Map<String, String> found) {
    Optional<String> leaf =
        switch (type) {
          case FieldType.Text _, FieldType.Choice _, FieldType.Ratio() -> Optional.of("text");
          case FieldType.Quantity() -> Optional.of("quantity");
          case FieldType.Flag() -> Optional.of("flag");
          case FieldType.Whole _ -> Optional.of("whole");
          case FieldType.Texts() -> Optional.of("texts");
          case FieldType.Numbers() -> Optional.of("numbers");
          case Kubernetes(String name) -> Optional.of(name);
          case FieldType.AnyObject(), FieldType.AnyList(), FieldType.Anything() ->
              Optional.of("any");
          case Items _, Fields _ -> Optional.empty();
        };
    leaf.ifPresent(name -> found.put(path, name));
    if (type instanceof Items items) {
      leaves(path + "[]", items.item(), found);
    } else if (type instanceof Fields fields) {
      fields.byName().forEach((name, field) -> leaves(path + "." + name, field.type(), found));
    }
  }

  private static void traits(String path, FieldType type, TreeSet<String> found) {
    if (type instanceof Items items) {
      traits(path + "[]", items.item(), found);
    } else if (type instanceof Fields fields) {
      for (Field field : fields.byName().values()) {
        String at = path + "." + field.name();
        if (field.treatment() == Treatment.REQUIRED) {
          found.add(at + " required");
        }
        field.byDefault().ifPresent(value -> found.add(at + " default=" + value));
        traits(at, field.type(), found);
      }
    }
  }

  private static List<String[]> lines() throws IOException {
    try (InputStream text = FluidKindTest.class.getResourceAsStream("fluid-fields.txt")) {
      assertThat(text).isNotNull();
      return new String(text.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split(" "))
          .toList();
    }
  }
}
