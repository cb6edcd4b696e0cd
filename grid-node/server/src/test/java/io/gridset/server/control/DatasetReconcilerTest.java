package io.gridset.server.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.dataset.DatasetDefinition;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.MetadataPolicy;
import io.gridset.core.dataset.MountDefinition;
import io.gridset.core.manifest.Resolution;
import io.gridset.core.manifest.ResourceKind;
import io.gridset.core.store.StorageException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DatasetReconcilerTest {
  private static final DatasetDefinition WANTED = definition("s3://wanted");
  private static final DatasetDefinition OTHER = definition("s3://other");

  private static DatasetDefinition definition(String mountPoint) {
    return new DatasetDefinition(
        "uid",
        new DatasetName("ns", "d"),
        List.of(new MountDefinition("m", mountPoint, "/", Map.of(), Map.of())),
        List.of(),
        MetadataPolicy.DEFAULT);
  }

  private static DatasetReconciler.Decision reconcile(HostState host, long nowNanos) {
    return DatasetReconciler.reconcile(
        new DatasetReconciler.Observed(
            Optional.of(ResourceKind.JINDO_RUNTIME),
            Optional.empty(),
            new Resolution.Resolved(WANTED),
            host,
            nowNanos));
  }

  private static HostState.Failed failed(DatasetDefinition definition) {
    return new HostState.Failed(
        definition, StorageException.Kind.ACCESS_DENIED, "no access", 1, 1_000);
  }

  @Test
  void eachStateOfTheHostLeadsToOneDecision() {
    var start = new DatasetReconciler.Action.Start(WANTED);
    var nothing = new DatasetReconciler.Action.Nothing();
    assertThat(reconcile(new HostState.Stopped(), 0).action()).isEqualTo(start);
    assertThat(reconcile(new HostState.Running(WANTED), 0).action()).isEqualTo(nothing);
    assertThat(reconcile(new HostState.Running(OTHER), 0))
        .satisfies(decision -> assertThat(decision.action()).isEqualTo(start))
        .satisfies(
            decision -> assertThat(decision.verdict().phase()).isEqualTo(Verdict.Phase.UPDATING));
    assertThat(
            reconcile(new HostState.Starting(OTHER, Verdict.Phase.UPDATING), 0).verdict().phase())
        .isEqualTo(Verdict.Phase.UPDATING);
    assertThat(reconcile(failed(WANTED), 999).action()).isEqualTo(nothing);
    assertThat(reconcile(failed(WANTED), 999).verdict())
        .isEqualTo(new Verdict(Verdict.Phase.FAILED, "AccessDenied", "no access"));
    assertThat(reconcile(failed(WANTED), 1_000).action()).isEqualTo(start);
    assertThat(reconcile(failed(OTHER), 0).action()).isEqualTo(start);
  }

  @Test
  void aVineyardRuntimeBindsADatasetOfObjectsAndNoneOfFiles() {
    var objects = new Resolution.ObjectsOnly();
    var files = new Resolution.Resolved(WANTED);
    assertThat(stopped(ResourceKind.VINEYARD_RUNTIME, objects))
        .satisfies(it -> assertThat(it.verdict().phase()).isEqualTo(Verdict.Phase.BOUND))
        .satisfies(it -> assertThat(it.action()).isEqualTo(new DatasetReconciler.Action.Nothing()));
    assertThat(stopped(ResourceKind.VINEYARD_RUNTIME, files).verdict())
        .satisfies(it -> assertThat(it.phase()).isEqualTo(Verdict.Phase.NOT_BOUND))
        .satisfies(it -> assertThat(it.message()).contains("spec.mounts"));
    assertThat(stopped(ResourceKind.JINDO_RUNTIME, objects).verdict().reason())
        .isEqualTo("NoMounts");
  }

  private static DatasetReconciler.Decision stopped(ResourceKind runtime, Resolution resolution) {
    return DatasetReconciler.reconcile(
        new DatasetReconciler.Observed(
            Optional.of(runtime), Optional.empty(), resolution, new HostState.Stopped(), 0));
  }

  @Test
  void figuresArePrintedAsFluidDoes() {
    assertThat(Words.percentage(0, 100)).isEqualTo("0.0%");
    assertThat(Words.percentage(99_999, 100_000)).isEqualTo("99.9%");
    assertThat(Words.percentage(120, 100)).isEqualTo("100.0%");
    assertThat(Words.duration(java.time.Duration.ofMillis(45_499))).isEqualTo("45s");
    assertThat(Words.duration(java.time.Duration.ofSeconds(3_603))).isEqualTo("1h0m3s");
    assertThat(Words.duration(java.time.Duration.ofSeconds(120))).isEqualTo("2m0s");
  }
}
