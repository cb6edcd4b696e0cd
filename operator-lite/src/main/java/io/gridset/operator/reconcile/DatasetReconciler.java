package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.DatasetGrants;
import io.gridset.core.manifest.DatasetReference;
import io.gridset.core.manifest.DatasetSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// Decides what a cluster shall hold for one dataset with its runtime and its loads. Pure; the
/// instance lives for one decision.
public final class DatasetReconciler {
  private static final Duration LOOK_AT_BOUND = Duration.ofSeconds(15);
  private static final Duration LOOK_AT_BINDING = Duration.ofMillis(500);
  private static final Duration LOOK_AT_GUARDED = Duration.ofSeconds(10);

  private final Observed observed;
  private final Settings settings;
  private final Outcome.Builder outcome = new Outcome.Builder();

  private DatasetReconciler(Observed observed, Settings settings) {
    this.observed = observed;
    this.settings = settings;
  }

  public static Outcome reconcile(Observed observed, Settings settings) {
    DatasetReconciler reconciler = new DatasetReconciler(observed, settings);
    reconciler.decide();
    return reconciler.outcome.build();
  }

  private void decide() {
    Optional<ObjectNode> serving = serving();
    if (observed.dataset().filter(Observed::isGoing).isPresent()) {
      ObjectNode going = observed.dataset().get();
      new Departure(observed, outcome)
          .ofDataset(
              going,
              observed.referring().stream().filter(other -> isGranted(going, other)).toList());
      reconcileOperations();
      return;
    }
    for (ObjectNode runtime : observed.runtimes()) {
      if (Observed.isGoing(runtime) && serving.isEmpty()) {
        new Departure(observed, outcome).ofRuntime(runtime);
      } else if (Observed.isGoing(runtime)) {
        Departure.release(runtime, outcome);
      } else if (!runtime.equals(serving.orElse(null))) {
        RuntimeStatus.waiting(
            observed,
            outcome,
            runtime,
            "another runtime of this name serves the Dataset: "
                + serving.map(other -> other.path("kind").asText()).orElse(""));
      }
    }
    if (observed.dataset().isEmpty()) {
      serving.ifPresent(this::reconcileWaitingRuntime);
      reconcileOperations();
      return;
    }
    ObjectNode dataset = observed.dataset().get();
    Departure.hold(dataset, Departure.DATASET, List.of(), outcome);
    Optional<DatasetReference> reference = DatasetSpec.of(dataset).reference();
    if (reference.isPresent()) {
      new ReferenceReconciler(observed, settings, outcome).reconcile(dataset, reference.get());
      reconcileOperations();
    } else if (serving.isEmpty()) {
      say(
          dataset,
          Verdict.notBound(
              "RuntimeNotFound",
              "waiting for a runtime named "
                  + observed.name().name()
                  + ", of any kind (GridRuntime, JindoRuntime, AlluxioRuntime, JuiceFSRuntime,"
                  + " VineyardRuntime)"));
      reconcileOperations();
    } else {
      reconcilePair(dataset, serving.get());
    }
  }

  /// The oldest that stays.
  private Optional<ObjectNode> serving() {
    return Observed.serving(observed.runtimes());
  }

  private void reconcileWaitingRuntime(ObjectNode runtime) {
    Departure.removeAll(observed, outcome);
    RuntimeStatus.waiting(
        observed, outcome, runtime, "waiting for a Dataset named " + observed.name().name());
  }

  private List<ObjectNode> reconcileOperations() {
    return new OperationsReconciler(observed, settings, outcome).reconcile();
  }

  private void reconcilePair(ObjectNode dataset, ObjectNode runtime) {
    List<String> problems =
        Stream.of(dataset, runtime)
            .flatMap(manifest -> Documents.read(manifest).problems().stream())
            .toList();
    Departure.hold(
        runtime, Departure.finalizer(runtime), List.of(Ownership.reference(dataset)), outcome);
    if (!problems.isEmpty()) {
      refuse(dataset, runtime, "ErrorValidateSpecFields", String.join("; ", problems));
      return;
    }
    RuntimeView view = RuntimeView.of(runtime);
    Names names =
        new Names(observed.name(), RuntimeView.type(runtime), Json.text(dataset, "/metadata/uid"));
    WorkerRenderer workers = new WorkerRenderer(names, dataset, view, settings);
    if (!workers.memoryProblem().isEmpty()) {
      refuse(dataset, runtime, "ErrorValidateSpecFields", workers.memoryProblem());
      return;
    }
    outcome.apply.addAll(workers.surroundings());
    outcome.apply.add(
        new ReaderSecret(settings, observed.now()).of(observed.name(), view.uid(), runtime));
    outcome.apply.add(workers.statefulSet(replicas(names, view)));
    VolumeRenderer volumes = new VolumeRenderer(names, dataset, names, "");
    List<String> modes = VolumeRenderer.accessModes(dataset, dataset);
    outcome.apply.add(volumes.volume(modes));
    outcome.apply.add(volumes.claim(modes));
    if (!view.holdsObjects()) {
      outcome.apply.add(new FuseRenderer(names, view, settings).daemonSet());
    }
    NodeLabels.plan(observed, names, outcome);
    HeldBytes.plan(dataset, observed, outcome);
    Verdict verdict = verdict(dataset, names);
    say(dataset, verdict);
    RuntimeStatus.serving(observed, outcome, view, names, verdict);
    order(dataset, runtime, names, reconcileOperations());
    outcome.again(
        verdict.isBound()
            ? LOOK_AT_BOUND
            : LOOK_AT_BINDING.multipliedBy(readyPods(names).isEmpty() ? 60 : 1));
  }

  private void refuse(ObjectNode dataset, ObjectNode runtime, String reason, String message) {
    say(dataset, new Verdict("Failed", reason, message, dataset.path("absent")));
    RuntimeStatus.waiting(observed, outcome, runtime, message);
    reconcileOperations();
  }

  /// What to say of a dataset.
  ///
  /// @param figures of the members: `ufsTotal`, `fileNum`, `cacheStates`; missing when there are
  ///   none
  record Verdict(String phase, String reason, String message, JsonNode figures) {
    static Verdict notBound(String reason, String message) {
      return new Verdict("NotBound", reason, message, Json.of().path("absent"));
    }

    boolean isBound() {
      return phase.equals("Bound");
    }
  }

  private Verdict verdict(ObjectNode dataset, Names names) {
    if (readyPods(names).isEmpty()) {
      return Verdict.notBound("WorkersNotReady", "waiting for the first worker to be ready");
    }
    Optional<JsonNode> told = observed.report().status(dataset);
    JsonNode before = dataset.path("status");
    if (told.isEmpty()) {
      // A new operator has not asked yet; a member may be slow. What was Bound is so still.
      return before.path("phase").asText().equals("Bound")
          ? new Verdict("Bound", "DatasetReady", "The ddc runtime is ready.", before)
          : Verdict.notBound(
              "WorkersNotAsked",
              observed.report().failure().orElse("waiting for what the workers say"));
    }
    JsonNode ready = Conditions.find(told.get().path("conditions"), "Ready");
    return new Verdict(
        told.get().path("phase").asText("NotBound"),
        ready.path("reason").asText(),
        ready.path("message").asText(),
        told.get());
  }

  private void say(ObjectNode dataset, Verdict verdict) {
    new DatasetStatus(observed, outcome).write(dataset, verdict, serving());
  }

  private List<ObjectNode> readyPods(Names names) {
    return observed.owned().pods("worker").stream()
        .filter(pod -> !Observed.isGoing(pod) && isReady(pod))
        .filter(pod -> pod.at("/metadata/labels/app").asText().equals(names.type()))
        .toList();
  }

  static boolean isReady(JsonNode pod) {
    return Conditions.find(pod.at("/status/conditions"), "Ready")
            .path("status")
            .asText()
            .equals("True")
        && !Json.text(pod, "/status/podIP").isEmpty();
  }

  /// Down by one worker at a time, so that each hands its blocks to members that stay.
  private int replicas(Names names, RuntimeView view) {
    Optional<ObjectNode> set = observed.owned().find("StatefulSet", names.worker());
    if (set.isEmpty()) {
      return view.replicas();
    }
    int current = set.get().at("/spec/replicas").asInt(1);
    if (view.replicas() >= current) {
      return view.replicas();
    }
    boolean stepUnderWay = observed.owned().pods("worker").size() > current;
    return stepUnderWay ? current : current - 1;
  }

  private void order(ObjectNode dataset, ObjectNode runtime, Names names, List<ObjectNode> loads) {
    List<ObjectNode> ready = readyPods(names);
    if (ready.isEmpty()) {
      return;
    }
    List<ObjectNode> documents = new ArrayList<>();
    documents.add(Documents.forMembers(dataset));
    documents.add(Documents.forMembers(runtime));
    observed.referring().stream()
        .filter(other -> !Observed.isGoing(other) && Documents.read(other).problems().isEmpty())
        .filter(other -> DatasetSpec.of(other).mounts().size() == 1)
        .filter(other -> isGranted(dataset, other))
        .map(Documents::forMembers)
        .forEach(documents::add);
    documents.addAll(loads);
    outcome.order =
        Optional.of(
            new GridOrder(
                ready.stream()
                    .map(
                        pod ->
                            new GridOrder.Worker(
                                Json.text(pod, "/metadata/name"), Json.text(pod, "/status/podIP")))
                    .toList(),
                settings.secrets().api(Json.text(runtime, "/metadata/uid")),
                documents,
                observed.owned().pods("worker").stream()
                    .map(pod -> Json.text(pod, "/metadata/name"))
                    .toList(),
                listing()));
  }

  private GridOrder.Listing listing() {
    return observed.operations().own().stream()
            .map(OperationView::new)
            .anyMatch(each -> each.policy() == OperationView.Policy.ON_EVENT)
        ? GridOrder.Listing.REPEATED
        : GridOrder.Listing.ON_DEMAND;
  }

  /// What is not granted members do not even hear of, so that no token opens it.
  private boolean isGranted(ObjectNode dataset, ObjectNode referring) {
    return DatasetSpec.of(referring)
        .reference()
        .flatMap(
            reference ->
                DatasetGrants.of(observed.name(), dataset)
                    .access(
                        Json.text(referring, "/metadata/namespace"),
                        reference,
                        settings.withoutGrants()))
        .isPresent();
  }

  /// Which datasets' decisions depend on this object of a user's.
  public static Set<DatasetName> concerned(JsonNode object) {
    String namespace = Json.text(object, "/metadata/namespace");
    if (OperationView.isOperation(object)) {
      return Set.of(OperationView.dataset(object));
    }
    DatasetName own = new DatasetName(namespace, Json.text(object, "/metadata/name"));
    if (!object.path("kind").asText().equals("Dataset")) {
      return Set.of(own);
    }
    return DatasetSpec.of(object)
        .reference()
        .map(reference -> reference.original())
        .filter(original -> !original.equals(own))
        .map(original -> Set.of(own, original))
        .orElse(Set.of(own));
  }

  /// Whether an operation waits for another, or is placed by it.
  public static boolean comesAfter(ObjectNode operation, JsonNode earlier) {
    OperationView view = new OperationView(operation);
    return Stream.of(view.runAfter(), view.dependsOn())
        .flatMap(Optional::stream)
        .anyMatch(reference -> reference.isOf(earlier));
  }

  static Duration whileGuarded() {
    return LOOK_AT_GUARDED;
  }
}
