package io.gridset.operator.crd;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.gridset.core.schema.FluidKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CustomResourceDefinitionsTest {
  private static final Path DEFINITIONS =
      Path.of(System.getProperty("gridset.root", "."), "manifests", "crds");

  /// kubectl keeps what was applied in an annotation, and an API server takes no longer ones.
  private static final int LONGEST_ANNOTATION = 256 * 1024;

  @ParameterizedTest
  @EnumSource
  void theCommittedFileIsWhatTheModelGives(FluidKind kind) throws IOException {
    assertThat(DEFINITIONS.resolve(CustomResourceDefinitions.fileName(kind)))
        .as("run tools/generate-manifests.sh after a change of the model")
        .hasContent(CustomResourceDefinitions.yaml(kind));
  }

  @Test
  void noFileIsThereForAKindThatIsGone() throws IOException {
    List<String> known =
        Arrays.stream(FluidKind.values()).map(CustomResourceDefinitions::fileName).toList();
    try (Stream<Path> files = Files.list(DEFINITIONS)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(known);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theYamlSaysWhatTheDefinitionSays(FluidKind kind) throws IOException {
    JsonNode read = new YAMLMapper().readTree(CustomResourceDefinitions.yaml(kind));
    JsonNode definition = CustomResourceDefinitions.of(kind);
    assertThat(read).isEqualTo(new YAMLMapper().readTree(definition.toString()));
    assertThat(definition.toString().length()).isLessThan(LONGEST_ANNOTATION);
  }
}
