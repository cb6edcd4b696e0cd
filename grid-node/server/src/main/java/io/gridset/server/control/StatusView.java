package io.gridset.server.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.dataset.DatasetHost;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.DatasetUsage;
import io.gridset.core.dataset.LoadProgress;
import io.gridset.core.manifest.DataLoadSpec;
import io.gridset.core.manifest.DatasetReference;
import io.gridset.core.manifest.DatasetSpec;
import io.gridset.core.manifest.MountSpec;
import io.gridset.core.manifest.ResourceKind;
import io.gridset.core.manifest.SecretData;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Renders resources as they are shown: without secrets, with a status in Fluid's fields and number
/// formats, computed at the moment of asking.
final class StatusView {
  private static final String CALCULATING = "[Calculating]";

  private final ResourceCatalog catalog;
  private final ReconcileLoop loop;
  private final LoadDriver loads;
  private final DatasetHost host;

  StatusView(ResourceCatalog catalog, ReconcileLoop loop, LoadDriver loads, DatasetHost host) {
    this.catalog = catalog;
    this.loop = loop;
    this.loads = loads;
    this.host = host;
  }

  List<JsonNode> render(List<StoredResource> resources) {
    Relations relations = Relations.observe(catalog);
    return resources.stream().<JsonNode>map(resource -> render(resource, relations)).toList();
  }

  private ObjectNode render(StoredResource resource, Relations relations) {
    ObjectNode shown = SecretData.masked(resource.kind(), resource.document());
    ObjectNode metadata = shown.withObject("/metadata");
    metadata.put("uid", resource.uid());
    metadata.put("resourceVersion", Long.toString(resource.version()));
    metadata.put("generation", resource.generation());
    metadata.put("creationTimestamp", time(resource.created()));
    ObjectNode status = shown.putObject("status");
    switch (resource.kind()) {
      case DATASET -> dataset(resource, relations, status);
      case DATA_LOAD -> load(resource, status);
      case SECRET -> status.put("keys", resource.document().path("data").size());
      case JINDO_RUNTIME, ALLUXIO_RUNTIME, JUICEFS_RUNTIME, VINEYARD_RUNTIME, GRID_RUNTIME ->
          runtime(resource, status);
    }
    return shown;
  }

  private void dataset(StoredResource dataset, Relations relations, ObjectNode status) {
    DatasetSpec spec = DatasetSpec.of(dataset.document());
    Verdict verdict = loop.verdict(dataset.uid());
    status.put("phase", verdict.phase().word());
    DatasetName source = spec.reference().map(DatasetReference::original).orElse(dataset.name());
    if (verdict.phase() == Verdict.Phase.BOUND || verdict.phase() == Verdict.Phase.UPDATING) {
      host.usage(source).ifPresent(usage -> figures(usage, status));
      catalog.runtimeOf(source).ifPresent(runtime -> runtimes(runtime, status));
    }
    mounts(spec, status);
    List<String> referring = relations.referring(dataset.name());
    if (!referring.isEmpty()) {
      referring.forEach(status.putArray("datasetRef")::add);
    }
    List<String> loading = relations.loading(dataset.name());
    if (!loading.isEmpty()) {
      status.putObject("operationRef").put("DataLoad", String.join(",", loading));
    }
    ArrayNode conditions = status.putArray("conditions");
    boolean bound = verdict.phase() == Verdict.Phase.BOUND;
    condition(
        conditions.addObject(),
        new Condition("Ready", bound, verdict.reason(), verdict.message()),
        loop.since(dataset.uid()).orElse(dataset.created()));
    if (spec.wantsWrites()) {
      condition(
          conditions.addObject(),
          new Condition(
              "Writable",
              false,
              "ReadOnly",
              "accessModes asks for writing; this version only reads"),
          dataset.created());
    }
  }

  private static void mounts(DatasetSpec spec, ObjectNode status) {
    ArrayNode mounts = status.putArray("mounts");
    for (MountSpec mount : spec.mounts()) {
      ObjectNode shown = mounts.addObject();
      shown.put("mountPoint", mount.mountPoint());
      shown.put("name", mount.name());
      shown.put("path", spec.reference().isPresent() ? "/" : mount.treePath());
    }
  }

  private static void figures(DatasetUsage usage, ObjectNode status) {
    boolean known = usage.totalBytes().isPresent();
    long total = usage.totalBytes().orElse(0);
    status.put("ufsTotal", known ? Words.size(total) : CALCULATING);
    status.put(
        "fileNum",
        usage.files().isPresent() ? Long.toString(usage.files().getAsLong()) : CALCULATING);
    ObjectNode cache = status.putObject("cacheStates");
    cache.put("cached", Words.size(usage.cachedBytes()));
    cache.put("cacheCapacity", Words.size(usage.capacityBytes()));
    cache.put("cachedPercentage", known ? Words.percentage(usage.cachedBytes(), total) : "0.0%");
  }

  private static void runtimes(StoredResource runtime, ObjectNode status) {
    ObjectNode entry = status.putArray("runtimes").addObject();
    entry.put("name", runtime.name().name());
    entry.put("namespace", runtime.name().namespace());
    entry.put("category", "Accelerate");
    entry.put("type", runtime.kind().kind().replace("Runtime", "").toLowerCase(Locale.ROOT));
    entry.put("masterReplicas", 1);
  }

  private void runtime(StoredResource runtime, ObjectNode status) {
    Optional<StoredResource> dataset = catalog.find(ResourceKind.DATASET, runtime.name());
    boolean serves =
        catalog
            .runtimeOf(runtime.name())
            .filter(one -> one.uid().equals(runtime.uid()))
            .isPresent();
    boolean ready =
        serves
            && dataset
                .filter(found -> loop.verdict(found.uid()).phase() == Verdict.Phase.BOUND)
                .isPresent();
    for (String part : List.of("master", "worker", "fuse")) {
      String desired = part.substring(0, 1).toUpperCase(Locale.ROOT) + part.substring(1);
      status.put(part + "Phase", ready ? "Ready" : "NotReady");
      status.put(part + "NumberReady", ready ? 1 : 0);
      status.put("desired" + desired + "NumberScheduled", 1);
      status.put("current" + desired + "NumberScheduled", 1);
    }
    if (ready) {
      host.usage(runtime.name()).ifPresent(usage -> figures(usage, status));
      status.remove(List.of("ufsTotal", "fileNum"));
    }
    String message =
        !serves
            ? "another runtime of this name serves the Dataset"
            : dataset
                .map(found -> loop.verdict(found.uid()).message())
                .orElse("waiting for a Dataset named " + runtime.name());
    condition(
        status.putArray("conditions").addObject(),
        new Condition("WorkersReady", ready, ready ? "WorkersReady" : "NotReady", message),
        dataset.flatMap(found -> loop.since(found.uid())).orElse(runtime.created()));
  }

  private void load(StoredResource load, ObjectNode status) {
    Optional<LoadRecord> record = catalog.load(load);
    Optional<LoadReconciler.Decision.Wait> wait = loop.waiting(load.uid());
    ArrayNode conditions = status.putArray("conditions");
    Optional<Instant> finished = record.flatMap(LoadRecord::finished);
    Optional<LoadProgress> progress =
        finished.isPresent() ? record.flatMap(LoadRecord::progress) : running(load);
    if (record.isEmpty() || (wait.isPresent() && finished.isEmpty())) {
      status.put("phase", "Pending");
      wait.ifPresent(
          reason ->
              condition(
                  conditions.addObject(),
                  new Condition("Waiting", true, reason.reason(), reason.message()),
                  load.created()));
    } else {
      LoadRecord known = record.get();
      status.put("phase", known.phase().word());
      finished.ifPresent(
          end ->
              condition(
                  conditions.addObject(),
                  new Condition(known.phase().word(), true, known.reason(), known.message()),
                  end));
    }
    status.put(
        "duration", record.flatMap(LoadRecord::duration).map(Words::duration).orElse("Unfinished"));
    progress.ifPresent(figures -> progress(figures, status.putObject("progress")));
  }

  /// How far a load is that runs here, or that the leading member has started.
  private Optional<LoadProgress> running(StoredResource load) {
    if (loads.activity(load.uid(), load.generation()) instanceof LoadActivity.Running(var here)) {
      return Optional.of(here);
    }
    DataLoadSpec spec = DataLoadSpec.of(load.document());
    return host.observe(spec.dataset(), spec.request());
  }

  private static void progress(LoadProgress figures, ObjectNode shown) {
    shown.put("phase", Words.camelCase(figures.phase().name()));
    if (figures.phase() != LoadProgress.Phase.LISTING) {
      shown.put("percentage", Words.percentage(figures.cachedBytes(), figures.totalBytes()));
    }
    shown.put("totalBytes", figures.totalBytes());
    shown.put("cachedBytes", figures.cachedBytes());
    shown.put("totalFiles", figures.totalFiles());
    shown.put("cachedFiles", figures.cachedFiles());
    shown.put("failedFiles", figures.failedFiles());
    shown.put("elapsedMillis", figures.elapsedMillis());
    figures.failures().forEach(shown.putArray("failures")::add);
    if (!figures.members().isEmpty()) {
      ArrayNode members = shown.putArray("members");
      for (LoadProgress.MemberShare share : figures.members()) {
        ObjectNode member = members.addObject();
        member.put("member", share.member());
        member.put("state", share.state());
        member.put("bytes", share.bytes());
        member.put("cachedBytes", share.cachedBytes());
      }
    }
  }

  private record Condition(String type, boolean holds, String reason, String message) {}

  private static void condition(ObjectNode shown, Condition condition, Instant since) {
    shown.put("type", condition.type());
    shown.put("status", condition.holds() ? "True" : "False");
    shown.put("reason", condition.reason());
    shown.put("message", condition.message());
    shown.put("lastTransitionTime", time(since));
    shown.put("lastUpdateTime", time(since));
  }

  private static String time(Instant instant) {
    return instant.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
