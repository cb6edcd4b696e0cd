package io.gridset.core.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ManifestTemplateTest {
  @Test
  void allMissingVariablesAreListedAtOnceAndStay() {
    var expansion =
        ManifestTemplate.expand("${B} ${A} ${C} $D ${B}", Map.of("C", "c$1\\".replace("\\", "")));
    assertThat(expansion.missing()).containsExactly("A", "B");
    assertThat(expansion.text()).isEqualTo("${B} ${A} c$1 $D ${B}");
    assertThat(expansion.problems())
        .containsExactly(
            "the environment variable A is not set", "the environment variable B is not set");
  }

  @Test
  void aValueThatWouldChangeTheDocumentIsNotPasted() {
    var expansion = ManifestTemplate.expand("key: ${A}", Map.of("A", "x\nkind: Other"));
    assertThat(expansion.text()).isEqualTo("key: ${A}");
    assertThat(expansion.unsafe()).containsExactly("A");
    assertThat(expansion.toString()).doesNotContain("Other");
  }
}
