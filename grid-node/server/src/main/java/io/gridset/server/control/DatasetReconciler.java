package io.gridset.server.control;

import io.gridset.core.dataset.DatasetDefinition;
import io.gridset.core.manifest.DatasetGrants;
import io.gridset.core.manifest.DatasetReference;
import io.gridset.core.manifest.Resolution;
import io.gridset.core.manifest.ResourceKind;
import io.gridset.server.control.Verdict.Phase;
import java.util.Optional;

/// Decides what to do about one dataset, from what was observed. Pure.
final class DatasetReconciler {
  private DatasetReconciler() {}

  /// What is known of a dataset at one moment.
  ///
  /// @param runtimeKind of the runtime of its name, if there is one
  /// @param reference what it refers to, if it does
  /// @param nowNanos of the ticker
  record Observed(
      Optional<ResourceKind> runtimeKind,
      Optional<Target> reference,
      Resolution resolution,
      HostState host,
      long nowNanos) {}

  /// The dataset that another refers to.
  record Target(DatasetReference reference, TargetState state) {}

  /// What is known of a referred dataset.
  enum TargetState {
    MISSING,
    NOT_BOUND,
    BOUND,
    IS_REFERENCE,
    /// Its grants do not name the namespace that refers to it, or not this directory.
    NOT_GRANTED
  }

  /// What to do.
  sealed interface Action {
    record Nothing() implements Action {}

    record Start(DatasetDefinition definition) implements Action {}

    /// Stops it; what is cached stays.
    record Stop() implements Action {}
  }

  record Decision(Action action, Verdict verdict) {}

  static Decision reconcile(Observed observed) {
    return switch (observed.resolution()) {
      case Resolution.Refused(String reason, String message) ->
          stopped(observed, Phase.FAILED, reason, message);
      case Resolution.Waiting(String reason, String message) ->
          stopped(observed, Phase.NOT_BOUND, reason, message);
      case Resolution.ObjectsOnly() -> reconcileObjects(observed);
      case Resolution.Resolved(DatasetDefinition definition) ->
          observed
              .reference()
              .map(target -> reconcileReference(observed, target, definition))
              .orElseGet(() -> reconcileOriginal(observed, definition));
    };
  }

  private static Decision reconcileReference(
      Observed observed, Target target, DatasetDefinition definition) {
    String original = target.reference().original().toString();
    return switch (target.state()) {
      case MISSING ->
          stopped(
              observed,
              Phase.NOT_BOUND,
              "TargetDatasetNotFound",
              "waiting for Dataset " + original + ", which does not exist");
      case NOT_BOUND ->
          stopped(
              observed,
              Phase.NOT_BOUND,
              "TargetDatasetNotBound",
              "waiting for Dataset " + original + " to be Bound");
      case IS_REFERENCE ->
          stopped(
              observed,
              Phase.FAILED,
              "ErrorCreateDataset",
              "spec.mounts[0].mountPoint: Dataset "
                  + original
                  + " refers to another itself; refer to that one");
      case NOT_GRANTED ->
          stopped(
              observed,
              Phase.NOT_BOUND,
              "ReferenceNotGranted",
              DatasetGrants.denial(definition.name().namespace(), target.reference()));
      case BOUND -> run(observed, definition);
    };
  }

  private static Decision reconcileOriginal(Observed observed, DatasetDefinition definition) {
    if (observed.runtimeKind().isEmpty()) {
      return stopped(
          observed,
          Phase.NOT_BOUND,
          "RuntimeNotFound",
          "waiting for a runtime named "
              + definition.name()
              + ", of any kind (JindoRuntime, AlluxioRuntime, JuiceFSRuntime, GridRuntime)");
    }
    if (observed.runtimeKind().get() == ResourceKind.VINEYARD_RUNTIME) {
      return stopped(
          observed,
          Phase.NOT_BOUND,
          "RuntimeHasNoFiles",
          "VineyardRuntime holds Arrow objects and no files; for spec.mounts bind another runtime");
    }
    return run(observed, definition);
  }

  /// Every node holds objects, so that nothing is started for them.
  private static Decision reconcileObjects(Observed observed) {
    return observed.runtimeKind().filter(ResourceKind.VINEYARD_RUNTIME::equals).isPresent()
        ? stopped(observed, Phase.BOUND, "DatasetReady", "The ddc runtime is ready.")
        : stopped(
            observed,
            Phase.NOT_BOUND,
            "NoMounts",
            "spec.mounts is empty: a Dataset of Arrow objects waits for a VineyardRuntime of its"
                + " name, any other for mounts");
  }

  private static Decision run(Observed observed, DatasetDefinition wanted) {
    Action start = new Action.Start(wanted);
    return switch (observed.host()) {
      case HostState.Stopped() -> new Decision(start, starting(Phase.NOT_BOUND));
      case HostState.Starting(_, Phase shownAs) ->
          new Decision(new Action.Nothing(), starting(shownAs));
      case HostState.Running(DatasetDefinition running) ->
          running.equals(wanted)
              ? new Decision(
                  new Action.Nothing(),
                  new Verdict(Phase.BOUND, "DatasetReady", "The ddc runtime is ready."))
              : new Decision(start, starting(Phase.UPDATING));
      case HostState.Failed failed -> {
        boolean due = observed.nowNanos() - failed.retryAtNanos() >= 0;
        boolean retry = due || !failed.definition().equals(wanted);
        yield new Decision(
            retry ? start : new Action.Nothing(),
            new Verdict(Phase.FAILED, Words.camelCase(failed.kind().name()), failed.message()));
      }
    };
  }

  private static Verdict starting(Phase phase) {
    return new Verdict(phase, "Starting", "the mounts are being opened");
  }

  private static Decision stopped(Observed observed, Phase phase, String reason, String message) {
    Action action =
        switch (observed.host()) {
          case HostState.Running(_), HostState.Failed(_, _, _, _, _) -> new Action.Stop();
          case HostState.Stopped(), HostState.Starting(_, _) -> new Action.Nothing();
        };
    return new Decision(action, new Verdict(phase, reason, message));
  }
}
