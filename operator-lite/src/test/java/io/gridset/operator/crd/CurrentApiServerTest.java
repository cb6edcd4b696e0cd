package io.gridset.operator.crd;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.schema.FluidKind;
import io.gridset.operator.testing.Kubectl;
import io.gridset.operator.testing.Release;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A current Kubernetes, where the rules across fields are in force, too.
class CurrentApiServerTest extends ApiServerContract {
  CurrentApiServerTest() {
    super(Release.CURRENT);
  }

  @Override
  void installWith(Kubectl kubectl, String directory) {
    kubectl.must("apply", "-f", directory);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "JINDO_RUNTIME | {tieredstore: {levels: [{mediumtype: MEM, quota: 1Gi, high: '0.5', low:"
            + " '0.6'}]}} | spec.tieredstore.levels[0]: Invalid value: low must not be above high",
        "DATA_LOAD | {dataset: {name: a}, policy: Cron} | schedule is required when policy is Cron",
        "DATA_LOAD | {dataset: {name: a}, policy: Cron, schedule: ''} | schedule is required when"
            + " policy is Cron",
        "DATA_MIGRATE | {from: {externalStorage: {uri: a}}, to: {externalStorage: {uri: b}},"
            + " policy: Cron} | schedule is required when policy is Cron",
      })
  void whatContradictsItselfIsRefusedInWords(FluidKind kind, String spec, String message)
      throws IOException {
    var document = document(kind, "wrong");
    document.set("spec", yaml(spec));
    // Some versions quote the whole object before the message.
    String said = refusal(kind, document).getMessage();
    assertThat(said).contains(message.substring(message.lastIndexOf(": ") + 2));
    assertThat(said).contains(message.contains("levels") ? "spec.tieredstore.levels[0]" : "spec");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "JINDO_RUNTIME | {tieredstore: {levels: [{mediumtype: MEM, quota: 1Gi, high: '0.5', low:"
            + " '0.5'}, {mediumtype: SSD, quota: 1Gi, low: '.1'}]}}",
        "DATA_LOAD | {dataset: {name: a}, policy: Cron, schedule: '0 1 * * *'}",
      })
  void whatIsConsistentIsAccepted(FluidKind kind, String spec) throws IOException {
    assertThat(created(kind, spec).isObject()).isTrue();
  }
}
