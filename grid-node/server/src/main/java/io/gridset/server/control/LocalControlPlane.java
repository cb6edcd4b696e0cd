package io.gridset.server.control;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.core.control.ApplyOutcome;
import io.gridset.core.control.ControlPlane;
import io.gridset.core.control.ManifestException;
import io.gridset.core.control.RefusedException;
import io.gridset.core.dataset.DatasetHost;
import io.gridset.core.dataset.DatasetHost.Disposal;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.DatasetResolver;
import io.gridset.core.manifest.ManifestParser;
import io.gridset.core.manifest.ParsedDocument;
import io.gridset.core.manifest.ParsedManifests;
import io.gridset.core.manifest.ResourceKind;
import io.gridset.core.unit.Ticker;
import io.gridset.server.state.RecordChange;
import io.gridset.server.state.RecordExchange;
import io.gridset.server.state.RecordStore;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The control plane of one node without Kubernetes. Manifests stand in a journal before an apply
/// returns; one virtual thread reconciles, when something changed and every few seconds. Reads
/// never wait for it. Thread-safe. Closing it leaves the host's datasets running: the host is its
/// owner's to close, afterwards.
public final class LocalControlPlane implements ControlPlane {
  private static final Logger LOG = LoggerFactory.getLogger(LocalControlPlane.class);

  /// How often the progress of loads is looked at while any runs.
  private static final Duration BUSY_TICK = Duration.ofMillis(200);

  /// How long `close()` waits for a pass under way.
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

  private final ControlSettings settings;
  private final RecordStore records;
  private final RecordExchange exchange;
  private final ResourceCatalog catalog;
  private final HostDriver datasets;
  private final LoadDriver loads;
  private final EventLog events;
  private final ReconcileLoop loop;
  private final StatusView view;
  private final InstantSource clock;
  private final Semaphore wake = new Semaphore(0);
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CompletableFuture<Void> settled = new CompletableFuture<>();
  private final Thread worker;

  /// What is declared, and who else shall know.
  private record Records(RecordStore store, RecordExchange exchange) {}

  private LocalControlPlane(
      ControlSettings settings,
      Records records,
      DatasetHost host,
      InstantSource clock,
      Ticker ticker) {
    this.settings = settings;
    this.records = records.store();
    this.exchange = records.exchange();
    this.clock = clock;
    this.catalog = new ResourceCatalog(records.store());
    this.events = new EventLog(clock);
    this.datasets = new HostDriver(host, ticker, wake::release);
    this.loads = new LoadDriver(host, wake::release);
    DatasetResolver resolver =
        new DatasetResolver(new SecretLookup(catalog, settings, exchange.secrecy()));
    this.loop =
        new ReconcileLoop(
            new ReconcileLoop.Parts(catalog, resolver, datasets, loads, events, exchange::leads),
            clock,
            ticker);
    this.view = new StatusView(catalog, loop, loads, host);
    this.worker = Thread.ofVirtual().name("gridset-control").unstarted(this::work);
  }

  /// Opens the control plane on a state directory and begins to start what is declared there.
  ///
  /// @param exchange the grid, or [RecordExchange#alone()]
  /// @throws IOException when the state directory cannot be used, or another node uses it
  public static LocalControlPlane open(
      ControlSettings settings,
      DatasetHost host,
      RecordExchange exchange,
      InstantSource clock,
      Ticker ticker)
      throws IOException {
    RecordStore records =
        RecordStore.open(settings.stateDirectory(), exchange, ResourceCatalog.shared(exchange));
    LocalControlPlane plane =
        new LocalControlPlane(settings, new Records(records, exchange), host, clock, ticker);
    records.watch(plane.wake::release);
    plane.worker.start();
    return plane;
  }

  /// What is wrong with what is kept on disk, a sentence each; returns at once.
  public List<String> health() {
    return records.health();
  }

  /// Completes when every dataset that was declared at the start has started or failed to. The
  /// future is the caller's own.
  public CompletableFuture<Void> onSettled() {
    return settled.copy();
  }

  @Override
  public List<ApplyOutcome> apply(String manifests, String defaultNamespace, ApplyMode mode)
      throws ManifestException {
    ParsedManifests parsed = ManifestParser.parse(manifests, defaultNamespace);
    if (!parsed.problems().isEmpty()) {
      throw new ManifestException(parsed.problems());
    }
    if (mode == ApplyMode.APPLY) {
      exchange.admitChange();
    }
    List<ApplyOutcome> outcomes = new ArrayList<>();
    List<StoredResource> stored = new ArrayList<>();
    synchronized (catalog) {
      for (ParsedDocument document : parsed.documents()) {
        Optional<StoredResource> present =
            document instanceof ParsedDocument.Resource resource
                ? catalog.find(resource.kind(), resource.name())
                : Optional.empty();
        ApplyPlanner.Planned planned = ApplyPlanner.plan(document, present, clock.instant());
        outcomes.add(planned.outcome());
        planned.resource().ifPresent(stored::add);
      }
      if (mode == ApplyMode.APPLY) {
        catalog.write(stored.stream().map(catalog::put).toList());
      }
    }
    if (mode == ApplyMode.APPLY) {
      share();
    }
    return outcomes;
  }

  @Override
  public List<JsonNode> list(ResourceKind kind, Optional<String> namespace) {
    return view.render(
        catalog.list(kind).stream()
            .filter(
                resource ->
                    namespace.isEmpty() || resource.name().namespace().equals(namespace.get()))
            .toList());
  }

  @Override
  public Optional<JsonNode> get(ResourceKind kind, DatasetName name) {
    return catalog.find(kind, name).map(found -> view.render(List.of(found)).getFirst());
  }

  @Override
  public List<JsonNode> events(ResourceKind kind, DatasetName name) {
    return events.of(kind, name);
  }

  @Override
  public boolean delete(ResourceKind kind, DatasetName name) {
    exchange.admitChange();
    List<StoredResource> gone;
    synchronized (catalog) {
      Optional<StoredResource> deleted = catalog.find(kind, name);
      if (deleted.isEmpty()) {
        return false;
      }
      if (kind == ResourceKind.DATASET) {
        refuseIfReferred(name);
      }
      gone = Cascade.of(deleted.get(), catalog);
      List<RecordChange> removals = new ArrayList<>();
      for (StoredResource resource : gone) {
        removals.add(catalog.remove(resource));
        if (resource.kind() == ResourceKind.DATA_LOAD) {
          removals.add(catalog.removeLoad(resource));
        }
      }
      catalog.write(removals);
    }
    gone.forEach(this::release);
    share();
    return true;
  }

  /// Who is told that a change was made may count on it, also when this node dies now.
  private void share() {
    if (!exchange.awaitShared()) {
      LOG.warn("a change is on this node's disk only; the grid has not taken it yet");
    }
  }

  private void refuseIfReferred(DatasetName name) {
    List<String> referring = Relations.observe(catalog).referring(name);
    if (!referring.isEmpty()) {
      throw new RefusedException(
          "Dataset "
              + name
              + " is referred to (dataset://"
              + name
              + ") by "
              + String.join(", ", referring)
              + "; delete that first");
    }
  }

  /// Releases what a deleted resource held, before `delete` returns. Whatever a crash leaves here
  /// the next start releases.
  private void release(StoredResource deleted) {
    switch (deleted.kind()) {
      case DATASET -> datasets.stop(deleted.uid(), Disposal.DROP_BYTES);
      case DATA_LOAD -> loads.forget(deleted.uid());
      case SECRET,
          JINDO_RUNTIME,
          ALLUXIO_RUNTIME,
          JUICEFS_RUNTIME,
          VINEYARD_RUNTIME,
          GRID_RUNTIME -> {}
    }
    events.forget(deleted.kind(), deleted.name());
  }

  private void work() {
    while (!closing.get()) {
      try {
        loop.pass();
        if (!datasets.starting()) {
          settled.complete(null);
        }
      } catch (RuntimeException e) {
        LOG.error("a pass of the control plane failed; the next one tries again", e);
      }
      Duration pause = loads.uids().isEmpty() ? settings.tick() : min(BUSY_TICK, settings.tick());
      try {
        if (wake.tryAcquire(pause.toMillis(), TimeUnit.MILLISECONDS)) {
          wake.drainPermits();
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private static Duration min(Duration left, Duration right) {
    return left.compareTo(right) <= 0 ? left : right;
  }

  /// Loads under way are cancelled, and begun again when the node is next up.
  @Override
  public void close() {
    if (closing.getAndSet(true)) {
      return;
    }
    wake.release();
    try {
      if (!worker.join(CLOSE_TIMEOUT)) {
        LOG.warn("the control plane did not end within {}", CLOSE_TIMEOUT);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    loads.uids().forEach(loads::forget);
    records.close();
  }
}
