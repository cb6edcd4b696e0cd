package io.gridset.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Each promise of docs/SEMANTICS.md and docs/FLUID-COMPATIBILITY.md names a test that exists.
class SemanticsTest {
  private static final Pattern END_TO_END = Pattern.compile("`(e2e/\\w+):(\\w+)`");
  private static final Pattern JUNIT = Pattern.compile("`(\\w+Test)\\.(\\w+)`");

  @Test
  void everyPromiseNamesATestThatExists() throws IOException {
    Path root = SourceTree.projectRoot();
    String text =
        Files.readString(root.resolve("docs/SEMANTICS.md"))
            + Files.readString(root.resolve("docs/FLUID-COMPATIBILITY.md"));
    List<String> missing = new ArrayList<>();
    List<MatchResult> ends = END_TO_END.matcher(text).results().toList();
    for (MatchResult end : ends) {
      if (!Files.readString(root.resolve(end.group(1) + ".py"))
          .contains("def " + end.group(2) + "(")) {
        missing.add(end.group());
      }
    }
    String tests =
        SourceTree.files(root, "src/test/java", ".java").stream()
            .map(SourceTree::read)
            .reduce("", String::concat);
    for (MatchResult unit : JUNIT.matcher(text).results().toList()) {
      if (!tests.contains("class " + unit.group(1)) || !tests.contains(" " + unit.group(2) + "(")) {
        missing.add(unit.group());
      }
    }
    assertThat(ends).as("promises with a test").hasSizeGreaterThan(10);
    assertThat(missing).as("tests that the documents name and that do not exist").isEmpty();
  }
}
