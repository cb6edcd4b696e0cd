package io.gridset.core.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.schema.FieldType.Fields;
import io.gridset.core.schema.FieldType.Items;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The page on GridRuntime against the model.
class GridRuntimePageTest {
  private static final Pattern NAMED = Pattern.compile("[A-Za-z]+");

  @Test
  void everyFieldIsExplained() throws IOException {
    Path page = Path.of(System.getProperty("gridset.root", "."), "docs", "gridruntime.md");
    Set<String> explained = new TreeSet<>();
    for (String line : Files.readAllLines(page)) {
      if (line.startsWith("|")) {
        Matcher words = NAMED.matcher(line);
        while (words.find()) {
          explained.add(words.group());
        }
      }
    }
    Set<String> unexplained = names(FluidKind.GRID_RUNTIME.spec());
    unexplained.removeAll(explained);
    assertThat(unexplained).isEmpty();
  }

  private static Set<String> names(FieldType type) {
    Set<String> names = new TreeSet<>();
    if (type instanceof Fields fields) {
      fields
          .byName()
          .forEach(
              (name, field) -> {
                names.add(name);
                names.addAll(names(field.type()));
              });
    } else if (type instanceof Items items) {
      names.addAll(names(items.item()));
    }
    return names;
  }
}
