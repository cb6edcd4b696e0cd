package io.gridset.server.control;

import io.gridset.core.dataset.DatasetHost.Disposal;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.TierDefinition;
import io.gridset.core.manifest.DataLoadSpec;
import io.gridset.core.manifest.DatasetGrants;
import io.gridset.core.manifest.DatasetReference;
import io.gridset.core.manifest.DatasetResolver;
import io.gridset.core.manifest.DatasetSpec;
import io.gridset.core.manifest.Resolution;
import io.gridset.core.manifest.ResourceKind;
import io.gridset.core.manifest.RuntimeSpec;
import io.gridset.core.unit.Ticker;
import io.gridset.server.control.DatasetReconciler.Decision;
import io.gridset.server.control.DatasetReconciler.Target;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

/// One pass over all resources: observe, let the reconcilers decide, do it. Passes run on one
/// thread; verdicts are read by any.
final class ReconcileLoop {
  private final ResourceCatalog catalog;
  private final DatasetResolver resolver;
  private final HostDriver datasets;
  private final LoadDriver loads;
  private final EventLog events;
  private final BooleanSupplier leading;
  private final InstantSource clock;
  private final Ticker ticker;
  private final Map<String, Verdict> verdicts = new ConcurrentHashMap<>();
  private final Map<String, LoadReconciler.Decision.Wait> waits = new ConcurrentHashMap<>();
  private final Map<String, Instant> since = new ConcurrentHashMap<>();
  private boolean dropped;

  /// The collaborators of a pass.
  ///
  /// @param leading whether this member acts on what is declared once for all: loads
  record Parts(
      ResourceCatalog catalog,
      DatasetResolver resolver,
      HostDriver datasets,
      LoadDriver loads,
      EventLog events,
      BooleanSupplier leading) {}

  ReconcileLoop(Parts parts, InstantSource clock, Ticker ticker) {
    this.catalog = parts.catalog();
    this.resolver = parts.resolver();
    this.datasets = parts.datasets();
    this.loads = parts.loads();
    this.events = parts.events();
    this.leading = parts.leading();
    this.clock = clock;
    this.ticker = ticker;
  }

  /// What the last pass found of a dataset.
  Verdict verdict(String uid) {
    return verdicts.getOrDefault(uid, Verdict.UNKNOWN);
  }

  /// Why a load does not run yet.
  Optional<LoadReconciler.Decision.Wait> waiting(String uid) {
    return Optional.ofNullable(waits.get(uid));
  }

  /// Since when a resource has been in the state it is in; empty before the first pass.
  Optional<Instant> since(String uid) {
    return Optional.ofNullable(since.get(uid));
  }

  void pass() {
    List<StoredResource> all = catalog.list(ResourceKind.DATASET);
    dropDeleted(all);
    // Originals first, so that those that refer to them see this pass' verdict.
    all.stream()
        .sorted(Comparator.comparing(dataset -> reference(dataset).isPresent()))
        .forEach(this::reconcileDataset);
    List<StoredResource> wanted = catalog.list(ResourceKind.DATA_LOAD);
    Set<String> loadUids = new HashSet<>();
    for (StoredResource load : wanted) {
      loadUids.add(load.uid());
      reconcileLoad(load);
    }
    loads.uids().stream().filter(uid -> !loadUids.contains(uid)).forEach(loads::forget);
    waits.keySet().retainAll(loadUids);
    Set<String> known = new HashSet<>(loadUids);
    all.forEach(dataset -> known.add(dataset.uid()));
    verdicts.keySet().retainAll(known);
    since.keySet().retainAll(known);
  }

  /// Releases what deleted datasets hold: at the first pass also those whose deletion was
  /// interrupted, or happened on another member while this one was away.
  private void dropDeleted(List<StoredResource> all) {
    Set<String> uids = new HashSet<>();
    all.forEach(dataset -> uids.add(dataset.uid()));
    Set<String> gone = new HashSet<>(datasets.uids());
    if (!dropped) {
      gone.addAll(catalog.deletedDatasets());
      dropped = true;
    }
    gone.removeAll(uids);
    gone.forEach(uid -> datasets.stop(uid, Disposal.DROP_BYTES));
  }

  private void reconcileDataset(StoredResource dataset) {
    DatasetSpec spec = DatasetSpec.of(dataset.document());
    Optional<StoredResource> runtime = catalog.runtimeOf(dataset.name());
    List<TierDefinition> tiers =
        runtime.map(found -> RuntimeSpec.of(found.document()).tiers()).orElse(List.of());
    Resolution resolution = resolver.resolve(dataset.uid(), dataset.name(), spec, tiers);
    Decision decision =
        DatasetReconciler.reconcile(
            new DatasetReconciler.Observed(
                runtime.map(StoredResource::kind),
                spec.reference().map(reference -> target(dataset.name(), reference)),
                resolution,
                datasets.state(dataset.uid()),
                ticker.nanos()));
    // The event comes first: whoever sees the status finds the event that explains it.
    if (!decision.verdict().equals(verdicts.get(dataset.uid()))) {
      tell(dataset, decision.verdict());
      since.put(dataset.uid(), clock.instant());
      verdicts.put(dataset.uid(), decision.verdict());
    }
    switch (decision.action()) {
      case DatasetReconciler.Action.Nothing() -> {}
      case DatasetReconciler.Action.Start(var definition) -> datasets.start(definition);
      case DatasetReconciler.Action.Stop() ->
          datasets.stop(
              dataset.uid(), runtime.isPresent() ? Disposal.KEEP_BYTES : Disposal.DROP_BYTES);
    }
  }

  private void tell(StoredResource dataset, Verdict verdict) {
    EventLog.Type type = verdict.needsAttention() ? EventLog.Type.WARNING : EventLog.Type.NORMAL;
    events.add(ResourceKind.DATASET, dataset.name(), type, verdict.reason(), verdict.message());
  }

  private Target target(DatasetName referring, DatasetReference reference) {
    DatasetReconciler.TargetState state =
        catalog
            .find(ResourceKind.DATASET, reference.original())
            .map(original -> state(referring, reference, original))
            .orElse(DatasetReconciler.TargetState.MISSING);
    return new Target(reference, state);
  }

  private DatasetReconciler.TargetState state(
      DatasetName referring, DatasetReference reference, StoredResource original) {
    if (!isGranted(referring, reference, original)) {
      return DatasetReconciler.TargetState.NOT_GRANTED;
    }
    if (reference(original).isPresent()) {
      return DatasetReconciler.TargetState.IS_REFERENCE;
    }
    return serves(original)
        ? DatasetReconciler.TargetState.BOUND
        : DatasetReconciler.TargetState.NOT_BOUND;
  }

  static boolean isGranted(
      DatasetName referring, DatasetReference reference, StoredResource original) {
    return DatasetGrants.of(original.name(), original.document())
        .access(referring.namespace(), reference, DatasetGrants.WithoutGrants.EVERYBODY)
        .isPresent();
  }

  /// Bound, or about to be bound anew after a change: those that refer to it stay meanwhile.
  private boolean serves(StoredResource dataset) {
    Verdict.Phase phase = verdict(dataset.uid()).phase();
    return phase == Verdict.Phase.BOUND || phase == Verdict.Phase.UPDATING;
  }

  static Optional<DatasetReference> reference(StoredResource dataset) {
    return DatasetSpec.of(dataset.document()).reference();
  }

  private void reconcileLoad(StoredResource load) {
    DataLoadSpec spec = DataLoadSpec.of(load.document());
    Optional<LoadRecord> record = catalog.load(load);
    LoadReconciler.Decision decision =
        LoadReconciler.reconcile(
            new LoadReconciler.Observed(
                load.name(),
                spec,
                loadTarget(spec.dataset()),
                record,
                loads.activity(load.uid(), load.generation()),
                clock.instant()));
    if (!(decision instanceof LoadReconciler.Decision.Wait)) {
      waits.remove(load.uid());
    }
    if (!leading.getAsBoolean()) {
      follow(load, decision);
      return;
    }
    switch (decision) {
      case LoadReconciler.Decision.Leave() -> {}
      case LoadReconciler.Decision.Wait wait -> {
        tell(load, EventLog.Type.WARNING, wait.reason(), wait.message());
        waits.put(load.uid(), wait);
        loads.forget(load.uid());
      }
      case LoadReconciler.Decision.Start() -> {
        tell(load, EventLog.Type.NORMAL, "DataLoadJobStarted", "loading Dataset " + spec.dataset());
        if (catalog.writeFor(load, List.of(catalog.putLoad(load, started(load))))) {
          loads.start(load.uid(), load.generation(), spec.dataset(), spec.request());
        }
      }
      case LoadReconciler.Decision.Finish finish -> finish(load, record, finish);
      case LoadReconciler.Decision.Delete() -> {
        if (catalog.writeFor(load, List.of(catalog.remove(load), catalog.removeLoad(load)))) {
          events.forget(ResourceKind.DATA_LOAD, load.name());
        }
      }
    }
  }

  /// What a member does that does not lead: it only tells why a load waits. One that it ran when it
  /// did lead is the new leader's, and found to be begun and not ended.
  private void follow(StoredResource load, LoadReconciler.Decision decision) {
    loads.forget(load.uid());
    if (decision instanceof LoadReconciler.Decision.Wait wait) {
      waits.put(load.uid(), wait);
    }
  }

  private LoadRecord started(StoredResource load) {
    return new LoadRecord(
        load.generation(),
        LoadRecord.Phase.EXECUTING,
        clock.instant(),
        Optional.empty(),
        "",
        "",
        Optional.empty());
  }

  private void finish(
      StoredResource load, Optional<LoadRecord> record, LoadReconciler.Decision.Finish finish) {
    Instant now = clock.instant();
    LoadRecord ended =
        new LoadRecord(
            load.generation(),
            finish.phase(),
            record.map(LoadRecord::started).orElse(now),
            Optional.of(now),
            finish.reason(),
            finish.message(),
            finish.progress());
    boolean complete = finish.phase() == LoadRecord.Phase.COMPLETE;
    tell(
        load,
        complete ? EventLog.Type.NORMAL : EventLog.Type.WARNING,
        finish.reason(),
        finish.message());
    if (catalog.writeFor(load, List.of(catalog.putLoad(load, ended)))) {
      loads.forget(load.uid());
    }
  }

  /// Tells a load's news, once for each state it comes into.
  private void tell(StoredResource load, EventLog.Type type, String reason, String message) {
    var log = events.of(ResourceKind.DATA_LOAD, load.name());
    if (log.isEmpty() || !log.getLast().path("message").asText().equals(message)) {
      events.add(ResourceKind.DATA_LOAD, load.name(), type, reason, message);
    }
  }

  private LoadReconciler.TargetState loadTarget(DatasetName name) {
    Optional<StoredResource> dataset = catalog.find(ResourceKind.DATASET, name);
    if (dataset.isEmpty()) {
      return LoadReconciler.TargetState.MISSING;
    }
    if (reference(dataset.get()).isPresent()) {
      return LoadReconciler.TargetState.IS_REFERENCE;
    }
    return verdict(dataset.get().uid()).phase() == Verdict.Phase.BOUND
        ? LoadReconciler.TargetState.BOUND
        : LoadReconciler.TargetState.NOT_BOUND;
  }
}
