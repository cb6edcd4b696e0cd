package io.gridset.core.unit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class DataSizeTest {
  @Test
  void readsKubernetesQuantitiesAndPrintsFluidsForm() {
    assertThat(DataSize.parse("5Gi").display()).isEqualTo("5.00GiB");
    assertThat(DataSize.parse("0").display()).isEqualTo("0.00B");
    assertThat(DataSize.parse("500M").bytes()).isEqualTo(500_000_000L);
    assertThat(DataSize.parse("1.5Gi").bytes()).isEqualTo(3L << 29);
  }

  @Test
  void refusesWhatIsNotASize() {
    assertThatThrownBy(() -> DataSize.parse("five")).hasMessageContaining("5Gi");
  }
}
