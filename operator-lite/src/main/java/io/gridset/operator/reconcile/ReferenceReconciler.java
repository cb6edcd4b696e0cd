package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.manifest.DatasetReference;
import io.gridset.core.manifest.DatasetSpec;
import io.gridset.operator.reconcile.DatasetReconciler.Verdict;
import java.util.List;
import java.util.Optional;

/// Decides about a dataset that refers to another: no workers of its own, the other's figures, a
/// volume of its own. Pure.
final class ReferenceReconciler {
  private final Observed observed;
  private final Outcome.Builder outcome;

  ReferenceReconciler(Observed observed, Outcome.Builder outcome) {
    this.observed = observed;
    this.outcome = outcome;
  }

  void reconcile(ObjectNode dataset, DatasetReference reference) {
    Verdict verdict = verdict(dataset, reference);
    Optional<ObjectNode> original = observed.original();
    if (verdict.isBound() && original.isPresent()) {
      String type = original.get().at("/status/runtimes/0/type").asText("");
      Names source =
          new Names(reference.original(), type, Json.text(original.get(), "/metadata/uid"));
      Names names = new Names(observed.name(), type, Json.text(dataset, "/metadata/uid"));
      VolumeRenderer volumes = new VolumeRenderer(names, dataset, source, reference.subPath());
      List<String> modes = VolumeRenderer.accessModes(dataset, original.get());
      outcome.apply.add(volumes.volume(modes));
      outcome.apply.add(volumes.claim(modes));
    }
    new DatasetStatus(observed, outcome).write(dataset, verdict, Optional.empty());
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
    JsonNode other = observed.original().get();
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
