package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.manifest.DatasetGrants;
import io.gridset.core.manifest.DatasetReference;
import io.gridset.core.manifest.DatasetSpec;
import io.gridset.operator.reconcile.DatasetReconciler.Verdict;
import io.gridset.operator.reconcile.Observed.Original;
import java.util.List;
import java.util.Optional;

/// Decides about a dataset that refers to another: no workers of its own, the other's figures, a
/// volume and a reader's token of its own, as far as the other's grants go. Pure.
final class ReferenceReconciler {
  private final Observed observed;
  private final Settings settings;
  private final Outcome.Builder outcome;

  ReferenceReconciler(Observed observed, Settings settings, Outcome.Builder outcome) {
    this.observed = observed;
    this.settings = settings;
    this.outcome = outcome;
  }

  void reconcile(ObjectNode dataset, DatasetReference reference) {
    Optional<DatasetGrants.Access> access = access(reference);
    Verdict verdict =
        access.isPresent()
            ? verdict(dataset, reference)
            : Verdict.notBound("ReferenceNotGranted", denial(reference));
    if (access.isEmpty()) {
      // Its volume leads to the bytes by way of the nodes; pods that have it end first.
      Departure.removeAll(observed, outcome);
    } else if (verdict.isBound() && observed.original().isPresent()) {
      bind(dataset, reference, observed.original().get(), access.get());
    }
    new DatasetStatus(observed, outcome).write(dataset, verdict, Optional.empty());
  }

  private void bind(
      ObjectNode dataset,
      DatasetReference reference,
      Original original,
      DatasetGrants.Access access) {
    String type = original.dataset().at("/status/runtimes/0/type").asText("");
    Names source =
        new Names(reference.original(), type, Json.text(original.dataset(), "/metadata/uid"));
    Names names = new Names(observed.name(), type, Json.text(dataset, "/metadata/uid"));
    VolumeRenderer volumes = new VolumeRenderer(names, dataset, source, reference.subPath());
    List<String> modes =
        access == DatasetGrants.Access.READ_WRITE
            ? VolumeRenderer.accessModes(dataset, original.dataset())
            : VolumeRenderer.readOnly(dataset);
    Observed.serving(original.runtimes())
        .ifPresent(
            runtime ->
                outcome.apply.add(
                    new ReaderSecret(settings, observed.now())
                        .of(observed.name(), Json.text(runtime, "/metadata/uid"), dataset)));
    outcome.apply.add(volumes.volume(modes));
    outcome.apply.add(volumes.claim(modes));
  }

  /// Whether it exists is told only to those who may refer to it, where the installation is closed.
  private Optional<DatasetGrants.Access> access(DatasetReference reference) {
    DatasetGrants grants =
        observed
            .original()
            .map(original -> DatasetGrants.of(reference.original(), original.dataset()))
            .orElseGet(() -> new DatasetGrants(reference.original(), Optional.empty()));
    return grants.access(observed.name().namespace(), reference, settings.withoutGrants());
  }

  private String denial(DatasetReference reference) {
    return DatasetGrants.denial(observed.name().namespace(), reference);
  }

  private Verdict verdict(ObjectNode dataset, DatasetReference reference) {
    String original = "Dataset " + reference.original();
    if (DatasetSpec.of(dataset).mounts().size() > 1) {
      return failed(
          "spec.mounts: a dataset:// mount must be the only one, for the other dataset's cache is"
              + " shared as a whole; put the other mounts into a dataset of their own");
    }
    if (reference.original().equals(observed.name())) {
      return failed("spec.mounts[0].mountPoint: a Dataset cannot refer to itself");
    }
    if (observed.original().isEmpty()) {
      return Verdict.notBound(
          "TargetDatasetNotFound", "waiting for " + original + ", which does not exist");
    }
    JsonNode other = observed.original().get().dataset();
    if (DatasetSpec.of(other).reference().isPresent()) {
      return failed(
          "spec.mounts[0].mountPoint: "
              + original
              + " refers to another itself; refer to that one");
    }
    if (!Json.text(other, "/status/phase").equals("Bound")) {
      return Verdict.notBound("TargetDatasetNotBound", "waiting for " + original + " to be Bound");
    }
    return new Verdict(
        "Bound", "DatasetReady", "shares the cache of " + original, other.path("status"));
  }

  private static Verdict failed(String message) {
    return new Verdict("Failed", "ErrorCreateDataset", message, Json.of().path("absent"));
  }
}
