package io.gridset.server.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.ResourceKind;
import io.gridset.server.state.RecordChange;
import io.gridset.server.state.RecordExchange;
import io.gridset.server.state.RecordStore;
import io.gridset.server.state.StateRecord;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The record store as resources. Manifests and loads are shared with other members; Secrets only
/// where the exchange seals them, for open-source Hazelcast has neither encryption nor
/// authentication. Thread-safe.
final class ResourceCatalog {
  private static final Logger LOG = LoggerFactory.getLogger(ResourceCatalog.class);
  private static final String MANIFEST = "manifest/";
  private static final String SECRET = StateRecord.CONFIDENTIAL;
  private static final String LOAD = "load/";
  private static final JsonMapper JSON = new JsonMapper();

  private final RecordStore records;

  /// Parsed bodies by key, so that listing does not parse the same text again and again; as many as
  /// there are records.
  private final Map<String, Parsed> parsed = new ConcurrentHashMap<>();

  private record Parsed(StateRecord record, Optional<StoredResource> resource) {}

  ResourceCatalog(RecordStore records) {
    this.records = records;
  }

  /// Which records other members get by this exchange.
  static Predicate<String> shared(RecordExchange exchange) {
    boolean sealed = exchange.secrecy() == RecordExchange.Secrecy.SEALED;
    return key ->
        key.startsWith(MANIFEST) || key.startsWith(LOAD) || (sealed && key.startsWith(SECRET));
  }

  /// Resources of a kind, by namespace and name.
  List<StoredResource> list(ResourceKind kind) {
    String prefix = prefix(kind);
    List<StateRecord> live = records.live();
    parsed.keySet().retainAll(live.stream().map(StateRecord::key).toList());
    return live.stream()
        .filter(record -> record.key().startsWith(prefix))
        .flatMap(record -> read(record).stream())
        .sorted(
            Comparator.comparing((StoredResource resource) -> resource.name().namespace())
                .thenComparing(resource -> resource.name().name()))
        .toList();
  }

  Optional<StoredResource> find(ResourceKind kind, DatasetName name) {
    return records.find(key(kind, name)).flatMap(this::read);
  }

  /// The runtime that serves a dataset: of its name, of whatever kind; the oldest, if several.
  Optional<StoredResource> runtimeOf(DatasetName dataset) {
    return java.util.Arrays.stream(ResourceKind.values())
        .filter(ResourceKind::isRuntime)
        .flatMap(kind -> find(kind, dataset).stream())
        .min(Comparator.comparing(StoredResource::created));
  }

  /// UIDs of datasets that were deleted, as far back as is remembered.
  List<String> deletedDatasets() {
    String prefix = prefix(ResourceKind.DATASET);
    return records.tombstones().stream()
        .filter(record -> record.key().startsWith(prefix))
        .map(StateRecord::uid)
        .toList();
  }

  RecordChange put(StoredResource resource) {
    ObjectNode body = JSON.createObjectNode();
    body.put("generation", resource.generation());
    body.put("created", resource.created().toString());
    body.set("document", resource.document());
    return new RecordChange(key(resource.kind(), resource.name()), resource.uid(), body.toString());
  }

  RecordChange remove(StoredResource resource) {
    return new RecordChange(key(resource.kind(), resource.name()), resource.uid(), null);
  }

  /// Where a load stands, if it was ever begun.
  Optional<LoadRecord> load(StoredResource load) {
    return records
        .find(LOAD + load.name())
        .filter(record -> record.uid().equals(load.uid()))
        .flatMap(record -> LoadRecord.decode(String.valueOf(record.body())))
        .filter(record -> record.generation() == load.generation());
  }

  RecordChange putLoad(StoredResource load, LoadRecord record) {
    return new RecordChange(LOAD + load.name(), load.uid(), record.encode());
  }

  RecordChange removeLoad(StoredResource load) {
    return new RecordChange(LOAD + load.name(), load.uid(), null);
  }

  /// Whoever reads, decides and then writes holds this object's monitor meanwhile.
  synchronized void write(List<RecordChange> changes) {
    records.write(changes);
  }

  /// Writes what was decided about a resource, unless it was changed, deleted or created anew
  /// since; then it is false, and the next pass decides again.
  synchronized boolean writeFor(StoredResource resource, List<RecordChange> changes) {
    boolean current =
        find(resource.kind(), resource.name())
            .filter(present -> present.version() == resource.version())
            .isPresent();
    if (current) {
      records.write(changes);
    }
    return current;
  }

  private Optional<StoredResource> read(StateRecord record) {
    return parsed
        .compute(
            record.key(),
            (key, known) ->
                known != null && known.record().equals(record)
                    ? known
                    : new Parsed(record, parse(record)))
        .resource();
  }

  private static Optional<StoredResource> parse(StateRecord record) {
    try {
      JsonNode body = JSON.readTree(String.valueOf(record.body()));
      Optional<ResourceKind> kind = ResourceKind.find(body.path("document").path("kind").asText());
      if (kind.isPresent() && body.get("document") instanceof ObjectNode document) {
        JsonNode metadata = document.path("metadata");
        return Optional.of(
            new StoredResource(
                kind.get(),
                new DatasetName(
                    metadata.path("namespace").asText(), metadata.path("name").asText()),
                record.uid(),
                record.version(),
                body.path("generation").asLong(),
                Instant.parse(body.path("created").asText()),
                document));
      }
    } catch (JsonProcessingException | RuntimeException e) {
      LOG.debug("unreadable record {}", record);
    }
    LOG.warn("the record {} is not in a form that this version reads; left out", record);
    return Optional.empty();
  }

  private static String prefix(ResourceKind kind) {
    return (kind == ResourceKind.SECRET ? SECRET : MANIFEST) + kind.kind() + "/";
  }

  private static String key(ResourceKind kind, DatasetName name) {
    return prefix(kind) + name;
  }
}
