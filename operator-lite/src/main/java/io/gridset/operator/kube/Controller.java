package io.gridset.operator.kube;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.DatasetReference;
import io.gridset.core.manifest.DatasetSpec;
import io.gridset.core.unit.Ticker;
import io.gridset.operator.reconcile.DatasetReconciler;
import io.gridset.operator.reconcile.GridReport;
import io.gridset.operator.reconcile.Names;
import io.gridset.operator.reconcile.Observed;
import io.gridset.operator.reconcile.Outcome;
import io.gridset.operator.reconcile.Settings;
import io.gridset.operator.reconcile.WorkerApi;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks at datasets, decides, and carries decisions out: a few workers, one of them at most for
/// each name. Constructed means running. Thread-safe.
final class Controller implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Controller.class);

  /// Looks mostly wait for the API server or for members.
  private static final int WORKERS = 8;

  private static final int CONFLICT = 409;
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(10);
  private static final Duration AFTER_NEWS = Duration.ofMillis(500);

  private final Settings settings;
  private final WorkerApi members;
  private final InstantSource clock;
  private final Mirror mirror = new Mirror();
  private final WorkQueue<DatasetName> queue = new WorkQueue<>(Ticker.system());
  private final Map<DatasetName, GridReport> reports = new ConcurrentHashMap<>();

  /// Jobs that the API server would not have, until their datasets are gone.
  private final Map<DatasetName, Map<String, String>> refused = new ConcurrentHashMap<>();

  private final KubeWriter writer;
  private final EventRecorder events;
  private final Watches watches;
  private final List<Thread> workers = new ArrayList<>();

  Controller(KubernetesClient client, Settings settings, WorkerApi members, InstantSource clock) {
    this.settings = settings;
    this.members = members;
    this.clock = clock;
    this.writer = new KubeWriter(client, mirror);
    this.events = new EventRecorder(writer, clock);
    this.watches = new Watches(client, mirror, queue::add);
    for (int i = 0; i < WORKERS; i++) {
      workers.add(Thread.ofVirtual().name("gridset-reconcile-" + i).start(this::work));
    }
  }

  private void work() {
    try {
      for (Optional<DatasetName> name = queue.take(); name.isPresent(); name = queue.take()) {
        look(name.get());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look(DatasetName name) {
    try {
      Outcome outcome = DatasetReconciler.reconcile(observe(name), settings);
      carryOut(name, outcome);
      boolean news = ask(name, outcome);
      queue.done(name);
      queue.addAfter(name, news ? Duration.ZERO : outcome.again());
    } catch (KubernetesClientException e) {
      if (e.getCode() == CONFLICT) {
        LOG.debug("{} was changed meanwhile", name);
      } else {
        LOG.warn("{}: {}", name, e.getMessage());
      }
      queue.failed(name);
    } catch (ForeignObjectException e) {
      LOG.warn("{}: {}", name, e.getMessage());
      mirror
          .find(WatchedKind.DATASET, name.namespace(), name.name())
          .ifPresent(
              dataset ->
                  events.tell(
                      new Outcome.Event(
                          dataset,
                          Outcome.Weight.WARNING,
                          "ErrorCreateVolume",
                          String.valueOf(e.getMessage()))));
      queue.failed(name);
    } catch (RuntimeException e) {
      LOG.error("{} could not be reconciled; it is tried again", name, e);
      queue.failed(name);
    }
  }

  /// Also the first to notice that the dataset is gone for good.
  private Observed observe(DatasetName name) {
    Optional<ObjectNode> dataset = mirror.find(WatchedKind.DATASET, name.namespace(), name.name());
    List<ObjectNode> objects = new ArrayList<>();
    for (WatchedKind kind : WatchedKind.values()) {
      if (kind.scope() == WatchedKind.Scope.OURS
          || kind.scope() == WatchedKind.Scope.OURS_OF_CLUSTER) {
        objects.addAll(mirror.list(kind, object -> Names.owner(object).equals(Optional.of(name))));
      }
    }
    boolean going =
        dataset.filter(found -> found.path("metadata").hasNonNull("deletionTimestamp")).isPresent();
    List<String> users = going ? writer.podsUsing(name.namespace(), name.name()) : List.of();
    if (dataset.isEmpty()) {
      reports.remove(name);
      refused.remove(name);
    }
    return new Observed(
        name,
        dataset,
        runtimes(name),
        operations(name),
        mirror.list(WatchedKind.DATASET, other -> refers(other, name)),
        dataset.flatMap(this::original),
        new Observed.Owned(objects, nodes(), users, refused.getOrDefault(name, Map.of())),
        reports.getOrDefault(name, GridReport.none()),
        clock.instant());
  }

  private Observed.Operations operations(DatasetName name) {
    List<ObjectNode> all = new ArrayList<>();
    for (WatchedKind kind : WatchedKind.values()) {
      if (kind.isOperation()) {
        all.addAll(mirror.list(kind, each -> true));
      }
    }
    List<ObjectNode> own =
        all.stream().filter(each -> DatasetReconciler.concerned(each).contains(name)).toList();
    Set<ObjectNode> preceding = new LinkedHashSet<>();
    List<ObjectNode> next = own;
    while (!next.isEmpty()) {
      List<ObjectNode> after = next;
      next =
          all.stream()
              .filter(each -> !preceding.contains(each))
              .filter(
                  each -> after.stream().anyMatch(one -> DatasetReconciler.comesAfter(one, each)))
              .toList();
      preceding.addAll(next);
    }
    return new Observed.Operations(own, List.copyOf(preceding));
  }

  private static boolean refers(ObjectNode other, DatasetName name) {
    return DatasetReconciler.concerned(other).contains(name)
        && DatasetSpec.of(other)
            .reference()
            .filter(reference -> reference.original().equals(name))
            .isPresent();
  }

  private Optional<Observed.Original> original(ObjectNode dataset) {
    return DatasetSpec.of(dataset)
        .reference()
        .map(DatasetReference::original)
        .flatMap(
            name ->
                mirror
                    .find(WatchedKind.DATASET, name.namespace(), name.name())
                    .map(found -> new Observed.Original(found, runtimes(name))));
  }

  private List<ObjectNode> runtimes(DatasetName name) {
    return Arrays.stream(WatchedKind.values())
        .filter(WatchedKind::isRuntime)
        .flatMap(kind -> mirror.find(kind, name.namespace(), name.name()).stream())
        .toList();
  }

  private Map<String, Map<String, String>> nodes() {
    Map<String, Map<String, String>> nodes = new HashMap<>();
    for (ObjectNode node : mirror.list(WatchedKind.NODE, each -> true)) {
      Map<String, String> labels = new HashMap<>();
      node.at("/metadata/labels")
          .properties()
          .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
      nodes.put(node.at("/metadata/name").asText(), labels);
    }
    return nodes;
  }

  /// In the order in which an interruption does no harm: what holds objects first, what lets others
  /// see them last.
  private void carryOut(DatasetName name, Outcome outcome) {
    outcome.delete().forEach(writer::delete);
    outcome.metadata().forEach(writer::change);
    outcome.apply().forEach(wanted -> apply(name, wanted));
    outcome.nodes().forEach(writer::label);
    if (outcome.metadata().isEmpty()) {
      outcome.statuses().forEach(writer::status);
      outcome.annotations().forEach(writer::annotate);
      outcome.events().forEach(events::tell);
    } // Else the objects have changed, and are looked at again.
  }

  private void apply(DatasetName name, ObjectNode wanted) {
    try {
      writer.apply(wanted);
    } catch (RefusedObjectException e) {
      String key =
          wanted.path("kind").asText()
              + "/"
              + wanted.at("/metadata/name").asText()
              + "@"
              + GridReport.annotation(wanted);
      refused
          .computeIfAbsent(name, each -> new ConcurrentHashMap<>())
          .put(key, String.valueOf(e.getMessage()));
      queue.addAfter(name, AFTER_NEWS);
    }
  }

  /// @return whether the members say something new
  private boolean ask(DatasetName name, Outcome outcome) {
    if (outcome.order().isEmpty()) {
      reports.remove(name);
      return false;
    }
    GridReport before = reports.getOrDefault(name, GridReport.none());
    GridReport told = members.sync(outcome.order().get());
    if (told.failure().isPresent()) {
      LOG.warn("the workers of {} do not answer: {}", name, told.failure().get());
      GridReport kept =
          new GridReport(before.resources(), before.held(), before.origin(), told.failure());
      reports.put(name, kept);
      return false;
    }
    reports.put(name, told);
    if (!told.equals(before)) {
      queue.addAfter(name, AFTER_NEWS);
      return true;
    }
    return false;
  }

  /// For tests, and for whoever asks whether it is well.
  boolean isWatching() {
    return watches.isWatching();
  }

  @Override
  public void close() {
    queue.close();
    watches.close();
    for (Thread worker : workers) {
      try {
        if (!worker.join(CLOSE_PATIENCE)) {
          worker.interrupt();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
