package io.gridset.core.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.core.dataset.LoadOptions;
import org.junit.jupiter.api.Test;

class DataLoadOptionsTest {
  private static ParsedManifests parse(String spec) {
    return ManifestParser.parse(
        """
        apiVersion: data.fluid.io/v1alpha1
        kind: DataLoad
        metadata: {name: warmup}
        spec: {dataset: {name: d, namespace: default}, %s}
        """
            .formatted(spec),
        "default");
  }

  private static LoadOptions options(String spec) {
    ParsedManifests parsed = parse(spec);
    assertThat(parsed.problems()).isEmpty();
    ParsedDocument.Resource load = (ParsedDocument.Resource) parsed.documents().getFirst();
    return DataLoadSpec.of(load.document()).request().options();
  }

  @Test
  void aFileHasTheMostReplicasThatATargetAboveItAsksFor() {
    LoadOptions options =
        options("target: [{path: /, replicas: 1}, {path: /hot, replicas: 3}, {path: /hot/a}]");
    assertThat(options.replicasOf("cold/x")).isEqualTo(1);
    assertThat(options.replicasOf("hot/a/x")).isEqualTo(3);
    assertThat(options.replicasOf("hotter/x")).isEqualTo(1);
    assertThat(options("target: [{path: /a, replicas: 0}]").replicasOf("a")).isEqualTo(1);
  }

  @Test
  void theBandwidthLimitIsReadWithOrWithoutItsSecond() {
    assertThat(options("options: {bandwidthLimit: 100MiB}").bytesPerSecond()).isEqualTo(100L << 20);
    assertThat(options("options: {bandwidthLimit: 1Gi/s}").bytesPerSecond()).isEqualTo(1L << 30);
    assertThat(options("policy: Once").bytesPerSecond()).isZero();
  }

  @Test
  void aWrongLimitIsRefusedWithTheFieldsPath() {
    for (String wrong : new String[] {"fast", "0", "-1", "\"\"", "99999Pi"}) {
      assertThat(parse("options: {bandwidthLimit: '" + wrong.replace("\"", "") + "'}").problems())
          .as(wrong)
          .singleElement()
          .asString()
          .contains("spec.options.bandwidthLimit: ");
    }
    assertThatThrownBy(() -> DataLoadSpec.bandwidth("0")).hasMessageContaining("nothing through");
  }

  @Test
  void otherOptionsAreKeptAndSaidToHaveNoEffect() {
    ParsedManifests parsed = parse("options: {threadNum: '5'}");
    assertThat(parsed.problems()).isEmpty();
    ParsedDocument.Resource load = (ParsedDocument.Resource) parsed.documents().getFirst();
    assertThat(load.message()).contains("spec.options.threadNum");
  }
}
