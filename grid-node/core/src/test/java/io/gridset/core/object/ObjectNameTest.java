package io.gridset.core.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectNameTest {
  @Test
  void aTextWithoutANamespaceIsInTheGivenOne() {
    assertThat(ObjectName.parse("risk/2024/x_train", "team"))
        .isEqualTo(new ObjectName("team", "risk/2024/x_train"));
  }

  @Test
  void aNamespaceInTheTextCountsMore() {
    assertThat(ObjectName.parse("other:x", "team")).isEqualTo(new ObjectName("other", "x"));
  }

  @Test
  void whatIsPrintedIsRead() {
    ObjectName name = new ObjectName("team", "a/b._=@+-c");
    assertThat(ObjectName.parse(name.toString(), "default")).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ":x", "team:", "team:a:b", "a//b", "/a", "a/", ".a", "a/..", "a b", "a#1"})
  void whatIsNoNameIsRefused(String text) {
    assertThatThrownBy(() -> ObjectName.parse(text, "default"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("object");
  }

  @Test
  void namesAreAsLongAsTheyMayBe() {
    String part = "x".repeat(200);
    assertThat(ObjectName.of(part + "/" + part).path()).hasSize(401);
    assertThatThrownBy(() -> ObjectName.of(part + "x")).hasMessageContaining("200");
    assertThatThrownBy(() -> ObjectName.of(part + "/" + part + "/" + "x".repeat(111)))
        .hasMessageContaining("512");
  }

  @Test
  void aPrefixMayEndAnywhere() {
    assertThat(ObjectName.Prefix.parse("", "default"))
        .isEqualTo(new ObjectName.Prefix("default", ""));
    assertThat(ObjectName.Prefix.parse("team:", "default"))
        .isEqualTo(new ObjectName.Prefix("team", ""));
    assertThat(ObjectName.Prefix.parse("risk/", "default"))
        .isEqualTo(new ObjectName.Prefix("default", "risk/"));
  }
}
