package io.gridset.operator.members;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.client.AffinityView;
import io.gridset.client.Endpoint;
import io.gridset.client.GridNodeView;
import io.gridset.client.GridsetApiException;
import io.gridset.client.GridsetClient;
import io.gridset.core.control.ControlPlane.ApplyMode;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.ResourceKind;
import io.gridset.core.unit.Ticker;
import io.gridset.operator.reconcile.GridOrder;
import io.gridset.operator.reconcile.GridReport;
import io.gridset.operator.reconcile.HeldBytes;
import io.gridset.operator.reconcile.Names;
import io.gridset.operator.reconcile.WorkerApi;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The members' REST API over HTTP, with the runtime's token. The first worker that answers speaks
/// for all: what it is told it shares. Thread-safe.
public final class RestWorkerApi implements WorkerApi {
  private static final Logger LOG = LoggerFactory.getLogger(RestWorkerApi.class);

  /// A member that is well answers in milliseconds; another one is asked then.
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /// Each may take its time, and a reconcile waits for it.
  private static final int ASKED_MAX = 3;

  /// As long as a listing is believed by default.
  private static final Duration RELIST_EVERY = Duration.ofSeconds(60);

  private final Ticker ticker = Ticker.system();
  private final Map<DatasetName, Long> listed = new ConcurrentHashMap<>();

  @Override
  public GridReport sync(GridOrder order) {
    List<String> failures = new ArrayList<>();
    for (GridOrder.Worker worker : order.workers().stream().limit(ASKED_MAX).toList()) {
      try (GridsetClient client = client(worker, order.token())) {
        relist(client, order);
        List<JsonNode> resources = sync(client, order);
        Optional<AffinityView> affinity = affinity(client, order);
        return new GridReport(
            resources, held(affinity), origin(resources, order, affinity), Optional.empty());
      } catch (IOException e) {
        LOG.debug("worker {} at {}", worker.name(), worker.address(), e);
        failures.add(worker.name() + ": " + e.getMessage());
      }
    }
    return new GridReport(
        List.of(), Map.of(), Optional.empty(), Optional.of(String.join("; ", failures)));
  }

  private static GridsetClient client(GridOrder.Worker worker, String token) {
    String host = worker.address().contains(":") ? "[" + worker.address() + "]" : worker.address();
    URI server = URI.create("http://" + host + ":" + Names.apiPort());
    return new GridsetClient(new Endpoint.Remote(server, token)).withPatience(PATIENCE);
  }

  private static List<JsonNode> sync(GridsetClient client, GridOrder order) throws IOException {
    List<GridNodeView> nodes = client.nodes();
    forgetThoseGone(client, order, nodes);
    List<JsonNode> told = told(client, order);
    if (told.stream().noneMatch(held -> isWanted(held, order))) {
      expectAllTogether(nodes, order);
    }
    boolean changed = false;
    for (JsonNode held : told) {
      if (!isWanted(held, order)) {
        drop(client, held);
        changed = true;
      }
    }
    for (ObjectNode document : order.documents()) {
      if (told.stream().noneMatch(held -> isOf(held, document))) {
        client.apply(document.toString(), "default", ApplyMode.APPLY);
        changed = true;
      }
    }
    return changed ? told(client, order) : told;
  }

  /// Workers that start at once are ready before they have found each other. One that holds nothing
  /// yet is told nothing until it knows all that are ready: another, which was told the same, would
  /// make a second dataset of the same name.
  private static void expectAllTogether(List<GridNodeView> nodes, GridOrder order)
      throws IOException {
    Set<String> known = alive(nodes);
    List<String> strangers =
        order.workers().stream()
            .map(GridOrder.Worker::name)
            .filter(name -> !known.contains(name))
            .toList();
    if (!strangers.isEmpty()) {
      throw new IOException("has not found " + String.join(", ", strangers) + " of its grid yet");
    }
  }

  private static Set<String> alive(List<GridNodeView> nodes) {
    Set<String> alive = new HashSet<>();
    for (GridNodeView node : nodes) {
      if (node.state() != GridNodeView.State.GONE) {
        alive.add(node.name());
      }
    }
    return alive;
  }

  /// Nothing while the dataset does not run yet.
  private static Optional<AffinityView> affinity(GridsetClient client, GridOrder order)
      throws IOException {
    try {
      return Optional.of(client.affinity(name(order.documents().getFirst())));
    } catch (GridsetApiException e) {
      LOG.debug("what workers hold is not known: {}", e.getMessage());
      return Optional.empty();
    }
  }

  private static Map<String, Long> held(Optional<AffinityView> affinity) {
    Map<String, Long> held = new HashMap<>();
    affinity.ifPresent(
        view ->
            view.nodes()
                .forEach(node -> held.put(node.node(), HeldBytes.rounded(node.heldBytes()))));
    return held;
  }

  /// Bytes and files of the dataset at its origin; empty while they are being counted.
  private static Optional<String> origin(
      List<JsonNode> resources, GridOrder order, Optional<AffinityView> affinity) {
    Optional<String> files =
        resources.stream()
            .filter(each -> isOf(each, order.documents().getFirst()))
            .map(each -> each.path("status").path("fileNum").asText(""))
            .filter(text -> !text.isEmpty() && text.chars().allMatch(Character::isDigit))
            .findFirst();
    return affinity
        .map(AffinityView::totalBytes)
        .flatMap(bytes -> files.map(number -> bytes + "b-" + number + "f"));
  }

  /// A new listing tells whether the origin has changed; the last one stands until it is there.
  private void relist(GridsetClient client, GridOrder order) throws IOException {
    if (order.listing() != GridOrder.Listing.REPEATED) {
      return;
    }
    DatasetName dataset = name(order.documents().getFirst());
    long now = ticker.nanos();
    Long last = listed.get(dataset);
    if (last != null && now - last < RELIST_EVERY.toNanos()) {
      return;
    }
    try {
      client.sync(dataset, "");
      listed.put(dataset, now);
    } catch (GridsetApiException e) {
      LOG.debug("{} cannot be listed yet: {}", dataset, e.getMessage());
    }
  }

  /// A load of an earlier manifest would stay as it ended: it goes, and is begun anew.
  private static boolean isWanted(JsonNode held, GridOrder order) {
    boolean isLoad = held.path("kind").asText().equals(ResourceKind.DATA_LOAD.kind());
    return order.documents().stream()
        .filter(document -> document.path("kind").equals(held.path("kind")))
        .filter(document -> name(document).equals(name(held)))
        .anyMatch(document -> !isLoad || isOf(held, document));
  }

  private static boolean isOf(JsonNode held, JsonNode document) {
    return held.path("kind").equals(document.path("kind"))
        && name(held).equals(name(document))
        && GridReport.annotation(held).equals(GridReport.annotation(document));
  }

  private static DatasetName name(JsonNode object) {
    JsonNode metadata = object.path("metadata");
    return new DatasetName(metadata.path("namespace").asText(), metadata.path("name").asText());
  }

  private static void drop(GridsetClient client, JsonNode held) throws IOException {
    try {
      client.delete(kind(held), name(held));
    } catch (GridsetApiException e) {
      if (e.status() != 404) {
        throw e;
      }
    }
  }

  private static ResourceKind kind(JsonNode object) {
    return Arrays.stream(ResourceKind.values())
        .filter(kind -> kind.kind().equals(object.path("kind").asText()))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no kind of ours: " + object));
  }

  /// All that members hold of the kinds that a runtime has to do with.
  private static List<JsonNode> told(GridsetClient client, GridOrder order) throws IOException {
    Set<ResourceKind> kinds = EnumSet.of(ResourceKind.DATASET, ResourceKind.DATA_LOAD);
    order.documents().forEach(document -> kinds.add(kind(document)));
    List<JsonNode> told = new ArrayList<>();
    for (ResourceKind kind : kinds) {
      told.addAll(client.list(kind, Optional.empty()));
    }
    return told;
  }

  /// A worker whose pod was replaced comes with another id, and one that was scaled away never
  /// comes back: neither must count when members ask whether they are a majority.
  private static void forgetThoseGone(
      GridsetClient client, GridOrder order, List<GridNodeView> nodes) throws IOException {
    Set<String> alive = alive(nodes);
    for (GridNodeView node : nodes) {
      boolean replaced = alive.contains(node.name());
      boolean scaledAway = !order.pods().contains(node.name());
      if (node.state() == GridNodeView.State.GONE && (replaced || scaledAway)) {
        client.forgetNode(node.id());
      }
    }
  }
}
