package io.gridset.server.control;

import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.LoadProgress;
import io.gridset.core.manifest.DataLoadSpec;
import java.time.Instant;
import java.util.Optional;

/// Decides what to do about one DataLoad, from what was observed. Pure.
final class LoadReconciler {
  private LoadReconciler() {}

  /// What is known of a load at one moment.
  ///
  /// @param record what is remembered of this generation
  record Observed(
      DatasetName load,
      DataLoadSpec spec,
      TargetState dataset,
      Optional<LoadRecord> record,
      LoadActivity activity,
      Instant now) {}

  /// Where the dataset to be loaded stands.
  enum TargetState {
    MISSING,
    NOT_BOUND,
    BOUND,
    IS_REFERENCE
  }

  /// What to do, and with it what the status says.
  sealed interface Decision {
    /// It cannot run yet.
    record Wait(String reason, String message) implements Decision {}

    record Start() implements Decision {}

    /// It runs, or has ended and is kept.
    record Leave() implements Decision {}

    /// It is over.
    record Finish(
        LoadRecord.Phase phase, String reason, String message, Optional<LoadProgress> progress)
        implements Decision {}

    /// It has been over long enough.
    record Delete() implements Decision {}
  }

  static Decision reconcile(Observed observed) {
    Optional<Instant> finished = observed.record().flatMap(LoadRecord::finished);
    if (finished.isPresent()) {
      boolean expired =
          observed.spec().timeToLive().isPresent()
              && !observed.now().isBefore(finished.get().plus(observed.spec().timeToLive().get()));
      return expired ? new Decision.Delete() : new Decision.Leave();
    }
    if (observed.spec().policy() != DataLoadSpec.Policy.ONCE) {
      return new Decision.Wait(
          "PolicyNotActedOn", "spec.policy: the standalone program acts on Once only");
    }
    DatasetName dataset = observed.spec().dataset();
    if (!dataset.namespace().equals(observed.load().namespace())) {
      return failed(
          "TargetDatasetNamespaceNotSame",
          "spec.dataset.namespace: a DataLoad of namespace "
              + observed.load().namespace()
              + " cannot load the Dataset "
              + dataset);
    }
    return switch (observed.dataset()) {
      case MISSING ->
          new Decision.Wait(
              "TargetDatasetNotFound", "waiting for Dataset " + dataset + ", which does not exist");
      case NOT_BOUND ->
          new Decision.Wait("RuntimeNotReady", "waiting for Dataset " + dataset + " to be Bound");
      case IS_REFERENCE ->
          failed(
              "DataOperationNotSupport",
              "Dataset " + dataset + " refers to another (dataset://); load that one");
      case BOUND -> act(observed.activity());
    };
  }

  private static Decision act(LoadActivity activity) {
    return switch (activity) {
      case LoadActivity.Idle() -> new Decision.Start();
      case LoadActivity.Starting() -> new Decision.Leave();
      case LoadActivity.Refused(var kind, String message) ->
          failed(Words.camelCase(kind.name()), message);
      case LoadActivity.Running(LoadProgress progress) ->
          switch (progress.phase()) {
            case LISTING, LOADING -> new Decision.Leave();
            case COMPLETE ->
                new Decision.Finish(
                    LoadRecord.Phase.COMPLETE,
                    "DataLoadJobComplete",
                    Words.size(progress.cachedBytes())
                        + " of "
                        + Words.size(progress.totalBytes())
                        + " in "
                        + progress.cachedFiles()
                        + " files are cached",
                    Optional.of(progress));
            case FAILED ->
                new Decision.Finish(
                    LoadRecord.Phase.FAILED,
                    "DataLoadJobFailed",
                    failure(progress),
                    Optional.of(progress));
            case CANCELLED ->
                new Decision.Finish(
                    LoadRecord.Phase.FAILED,
                    "DataLoadJobCancelled",
                    "the load was cancelled; delete and apply it again to go on",
                    Optional.of(progress));
          };
    };
  }

  private static String failure(LoadProgress progress) {
    String figures =
        Words.size(progress.cachedBytes())
            + " of "
            + Words.size(progress.totalBytes())
            + " are cached, "
            + progress.failedFiles()
            + " files failed";
    return progress.failures().isEmpty()
        ? figures
        : figures + ": " + String.join("; ", progress.failures());
  }

  private static Decision failed(String reason, String message) {
    return new Decision.Finish(LoadRecord.Phase.FAILED, reason, message, Optional.empty());
  }
}
