package io.gridset.server.reader;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.client.peer.ClusterView;
import io.gridset.client.peer.PeerAddress;
import io.gridset.client.peer.Peers;
import io.gridset.core.dataset.DatasetDefinition;
import io.gridset.core.dataset.DatasetHost;
import io.gridset.core.dataset.DatasetHost.Disposal;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.ResourceKind;
import io.gridset.core.placement.MemberView;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.DataSize;
import io.gridset.server.reader.KnownGrid.Heard;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The grid as a reader sees it: who its members are, asked of any of them every second, and its
/// datasets, run on a host of this node as the members run them. What was known stays while no
/// member answers. Thread-safe.
public final class ReaderView implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReaderView.class);

  /// How soon a reader learns of a member or a dataset; a question of some hundred bytes.
  private static final long POLL_MILLIS = 1_000;

  /// How often in a row members must leave out a dataset before it ends here.
  private static final int LOOKS_BEFORE_END = 10;

  /// Longest wait for one member before the next is asked.
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final List<PeerAddress> seeds;
  private final Peers peers;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile ClusterView view = new ClusterView(MemberView.empty(), Map.of());
  private final Map<String, DatasetDefinition> running = new HashMap<>();
  private final Map<String, Integer> missing = new HashMap<>();
  private final KnownGrid known;
  private List<Facts.OfDataset> wanted = List.of();

  /// @param seeds data servers to begin with
  /// @param file remembers over restarts what was heard
  public ReaderView(List<PeerAddress> seeds, Peers peers, Path file) {
    this.known = new KnownGrid(file);
    this.seeds = List.copyOf(seeds);
    this.peers = peers;
  }

  /// The members as last heard.
  public ClusterView cluster() {
    return view;
  }

  public MemberView members() {
    return view.members();
  }

  /// Keeps `host` as the members are, until `close()`. What was known at the last stop runs when
  /// this returns.
  ///
  /// @param memory most that the tiers of all datasets may take here
  public void follow(DatasetHost host, DataSize memory) {
    Heard heard = known.read();
    try {
      view = Facts.view(heard.members());
    } catch (StorageException e) {
      LOG.warn("who was in the grid is unknown: {}", e.getMessage());
    }
    run(heard.datasets(), host, memory);
    Thread.ofVirtual()
        .name("reader-view")
        .start(
            () -> {
              try {
                do {
                  look(host, memory);
                } while (!closing.await(POLL_MILLIS, TimeUnit.MILLISECONDS));
              } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
              } catch (RuntimeException e) {
                LOG.error("the grid is followed no longer", e);
              }
            });
  }

  /// One look at what members say now.
  void look(DatasetHost host, DataSize memory) {
    try {
      List<Facts.OfMember> members =
          Facts.decode(call(Facts.VIEW, new byte[0]), new TypeReference<>() {});
      view = Facts.view(members);
      List<Facts.OfDataset> told =
          Facts.decode(call(Facts.DATASETS, new byte[0]), new TypeReference<>() {});
      List<Facts.OfDataset> datasets = withDoubtful(told);
      known.write(new Heard(members, datasets));
      if (closing.getCount() > 0) {
        run(datasets, host, memory);
      }
    } catch (StorageException e) {
      LOG.debug("no member of the grid answers", e);
    }
  }

  /// What is told, and what ran and is told no longer, for a while: a member that has just started
  /// runs nothing yet, and one may lack a secret that others have.
  private List<Facts.OfDataset> withDoubtful(List<Facts.OfDataset> told) {
    Map<String, Facts.OfDataset> all = new LinkedHashMap<>();
    told.forEach(dataset -> all.put(dataset.name(), dataset));
    Set<String> here = new HashSet<>();
    for (Facts.OfDataset dataset : wanted) {
      if (!all.containsKey(dataset.name()) && here.add(dataset.name())) {
        int looks = missing.merge(dataset.name(), 1, Integer::sum);
        if (looks < LOOKS_BEFORE_END) {
          all.put(dataset.name(), dataset);
        }
      }
    }
    missing.keySet().retainAll(here);
    return List.copyOf(all.values());
  }

  private void run(List<Facts.OfDataset> datasets, DatasetHost host, DataSize memory) {
    wanted = datasets;
    MemoryShares shares = MemoryShares.of(memory, datasets);
    Set<String> uids = new HashSet<>();
    for (Facts.OfDataset facts : datasets) {
      uids.add(facts.uid());
      try {
        DatasetDefinition definition = facts.definition(shares);
        if (!definition.equals(running.get(facts.uid()))) {
          host.start(definition);
          running.put(facts.uid(), definition);
        }
      } catch (StorageException | IllegalArgumentException e) {
        LOG.warn("dataset {} does not start yet: {}", facts.name(), e.getMessage());
      }
    }
    for (String uid : Set.copyOf(running.keySet())) {
      if (!uids.contains(uid)) {
        host.stop(uid, Disposal.DROP_BYTES);
        running.remove(uid);
      }
    }
  }

  /// Resources as a member shows them.
  ///
  /// @throws StorageException UNAVAILABLE when no member answers
  public List<JsonNode> resources(ResourceKind kind, Optional<String> namespace)
      throws StorageException {
    return ask(
        new Facts.Question(
            kind.kind(), namespace.orElse(null), null, Facts.Question.Part.RESOURCES));
  }

  /// What happened to one, as a member tells it.
  ///
  /// @throws StorageException UNAVAILABLE when no member answers
  public List<JsonNode> events(ResourceKind kind, DatasetName name) throws StorageException {
    return ask(
        new Facts.Question(kind.kind(), name.namespace(), name.name(), Facts.Question.Part.EVENTS));
  }

  private List<JsonNode> ask(Facts.Question question) throws StorageException {
    return Facts.decode(call(Facts.RESOURCES, Facts.encode(question)), new TypeReference<>() {});
  }

  private byte[] call(String operation, byte[] request) throws StorageException {
    Set<PeerAddress> members = new LinkedHashSet<>(view.addresses().values());
    members.addAll(seeds);
    StorageException last =
        StorageException.retryable(Kind.UNAVAILABLE, "no member of the grid is known");
    for (PeerAddress member : members) {
      try {
        return peers.call(member, operation, request, PATIENCE);
      } catch (StorageException e) {
        last = e;
      }
    }
    throw StorageException.retryable(
        Kind.UNAVAILABLE, "no member of the grid answers: " + last.getMessage(), last);
  }

  @Override
  public void close() {
    closing.countDown();
  }
}
