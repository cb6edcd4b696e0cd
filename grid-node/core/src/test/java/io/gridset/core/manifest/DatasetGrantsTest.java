package io.gridset.core.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.DatasetGrants.Access;
import io.gridset.core.manifest.DatasetGrants.WithoutGrants;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DatasetGrantsTest {
  private static final DatasetName OWNER = new DatasetName("dev", "models");

  private static JsonNode dataset(String grants) throws IOException {
    return new YAMLMapper()
        .readTree(
            """
            apiVersion: data.fluid.io/v1alpha1
            kind: Dataset
            metadata: {name: models, namespace: dev}
            spec:
              mounts: [{mountPoint: 'https://elsewhere/models/', name: m}]
            """
                + grants);
  }

  private static Optional<Access> access(String grants, String namespace, String mountPoint)
      throws IOException {
    return DatasetGrants.of(OWNER, dataset(grants))
        .access(
            namespace, DatasetReference.parse(mountPoint).orElseThrow(), WithoutGrants.EVERYBODY);
  }

  @Test
  void withoutTheFieldEverybodyMayUnlessTheInstallationIsClosed() throws IOException {
    DatasetGrants open = DatasetGrants.of(OWNER, dataset(""));
    DatasetReference all = DatasetReference.parse("dataset://dev/models").orElseThrow();
    assertThat(open.access("prod", all, WithoutGrants.EVERYBODY)).contains(Access.READ_WRITE);
    assertThat(open.access("prod", all, WithoutGrants.NOBODY_ELSE)).isEmpty();
    assertThat(open.access("dev", all, WithoutGrants.NOBODY_ELSE)).contains(Access.READ_WRITE);
  }

  @Test
  void withTheFieldAllElseIsDenied() throws IOException {
    String grants =
        """
          grants:
            - {namespaces: [prod], paths: [/small/, 'big/one'], access: ReadWrite}
            - {namespaces: ['*'], paths: [public]}
        """;
    assertThat(access(grants, "prod", "dataset://dev/models")).isEmpty();
    assertThat(access(grants, "prod", "dataset://dev/models/small")).contains(Access.READ_WRITE);
    assertThat(access(grants, "prod", "dataset://dev/models/./small//x/"))
        .contains(Access.READ_WRITE);
    assertThat(access(grants, "prod", "dataset://dev/models/smaller")).isEmpty();
    assertThat(access(grants, "prod", "dataset://dev/models/big")).isEmpty();
    assertThat(access(grants, "prod", "dataset://dev/models/big/one")).isPresent();
    assertThat(access(grants, "staging", "dataset://dev/models/small")).isEmpty();
    assertThat(access(grants, "staging", "dataset://dev/models/public/a")).contains(Access.READ);
    assertThat(access(grants, "dev", "dataset://dev/models")).contains(Access.READ_WRITE);
    assertThat(access("  grants: []\n", "prod", "dataset://dev/models")).isEmpty();
  }

  @Test
  void whatLeavesADatasetIsNoReference() {
    assertThat(DatasetReference.parse("dataset://dev/models/public/../small")).isEmpty();
    assertThat(DatasetReference.parse("dataset://dev/..")).isEmpty();
  }

  @Test
  void aDenialTellsNoMoreThanItsReaderWrote() {
    DatasetReference reference = DatasetReference.parse("dataset://dev/models/x").orElseThrow();
    assertThat(DatasetGrants.denial("prod", reference))
        .isEqualTo(
            "spec.mounts[0].mountPoint: Dataset dev/models (/x) is not granted to namespace prod:"
                + " whoever owns it can add the namespace to its spec.grants");
  }

  @Test
  void whatIsWrongIsRefusedWithTheFieldsPath() throws IOException {
    String grants =
        """
          grants:
            - {namespaces: [], paths: [a]}
            - {namespaces: [Prod, '**'], paths: [ok, ../up, a/./b], access: Everything}
            - {paths: [a]}
        """;
    assertThat(ManifestParser.parse(dataset(grants).toString(), "default").problems())
        .anyMatch(problem -> problem.contains("spec.grants[1].access"))
        .anyMatch(problem -> problem.contains("spec.grants[2].namespaces"));
    String values = grants.replace(", access: Everything", "").replace("- {paths: [a]}", "");
    assertThat(ManifestParser.parse(dataset(values).toString(), "default").problems())
        .hasSize(5)
        .anyMatch(problem -> problem.contains("spec.grants[0].namespaces"))
        .anyMatch(problem -> problem.contains("spec.grants[1].namespaces[0]"))
        .anyMatch(problem -> problem.contains("spec.grants[1].namespaces[1]"))
        .anyMatch(problem -> problem.contains("spec.grants[1].paths[1]"))
        .anyMatch(problem -> problem.contains("spec.grants[1].paths[2]"));
  }
}
