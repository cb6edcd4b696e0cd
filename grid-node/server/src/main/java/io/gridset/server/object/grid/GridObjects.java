package io.gridset.server.object.grid;

import io.gridset.client.GridNodeView;
import io.gridset.client.peer.Peers;
import io.gridset.core.placement.Member;
import io.gridset.core.store.StorageException;
import io.gridset.core.unit.Ticker;
import io.gridset.server.grid.GridMember;
import io.gridset.server.object.LocalObjectStore;
import io.gridset.server.object.ObjectRecord;
import io.gridset.server.object.ObjectStoreSettings;
import io.gridset.server.peer.PeerOperation;
import io.gridset.server.state.SharedTables;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The objects of a node that is a member of a grid, put together. Open until closed; it does not
/// wait for the join.
public final class GridObjects implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GridObjects.class);

  private final NameJournal journal;
  private final OwnHoldings own;
  private final GridObjectCatalog catalog;
  private final LocalObjectStore local;
  private final GridObjectStore store;
  private final GridObjectClaims claims;
  private final CopyOperation copying;
  private final LeaveOperation leaving;
  private final Upkeep upkeep;

  private GridObjects(GridMember member, Peers peers, Path state, ObjectStoreSettings settings)
      throws IOException {
    SharedTables tables = member.tables();
    GridNodes nodes = new MemberNodes(member);
    journal = NameJournal.open(state, tables.objects());
    NameTable names = new NameTable(tables.objects());
    own = new OwnHoldings(nodes, names);
    catalog = new GridObjectCatalog(nodes, names, own, journal::sync);
    try {
      local = LocalObjectStore.open(settings, catalog);
    } catch (StorageException | RuntimeException e) {
      try (journal;
          catalog) {
        throw e;
      }
    }
    own.discardBy(local::release);
    own.complete();
    ObjectFetcher fetcher =
        new ObjectFetcher(member::cluster, peers, local, record -> holders(names, nodes, record));
    CopyMaker maker = new CopyMaker(member.id(), member::cluster, peers, Ticker.system());
    catalog.copyBy(maker::copyOnce);
    copying = new CopyOperation(fetcher, own);
    ObjectPlacer placer = new ObjectPlacer(nodes, catalog, local, copying, maker);
    store = new GridObjectStore(local, catalog, fetcher, placer);
    leaving = new LeaveOperation(placer);
    claims = new GridObjectClaims(tables.claims(), store, nodes);
    upkeep =
        new Upkeep(
            nodes,
            names,
            maker,
            () -> member.members().members(),
            new Upkeep.Time(Ticker.system(), InstantSource.system()));
    upkeep.start(claims::sweep);
  }

  /// Opens a node's objects.
  ///
  /// @param state directory for what this node knows of the grid's names, used by nothing else
  /// @throws IOException when a directory cannot be used
  public static GridObjects open(
      GridMember member, Peers peers, Path state, ObjectStoreSettings settings) throws IOException {
    return new GridObjects(member, peers, state, settings);
  }

  /// Those that the grid says and those that were told by whoever asked for a copy.
  private static List<String> holders(NameTable names, GridNodes nodes, ObjectRecord record) {
    Set<String> live = nodes.live();
    return names
        .find(record.name())
        .filter(entry -> entry.is(record.id()))
        .map(entry -> entry.info().holders())
        .orElse(record.info().holders())
        .stream()
        .filter(id -> live.contains(id) && !id.equals(nodes.self()))
        .toList();
  }

  public GridObjectStore store() {
    return store;
  }

  public GridObjectCatalog catalog() {
    return catalog;
  }

  /// What this node holds itself.
  public LocalObjectStore local() {
    return local;
  }

  public GridObjectClaims claims() {
    return claims;
  }

  /// What other members may ask of this one, by name.
  public Map<String, PeerOperation> operations() {
    return Map.of(CopyOperation.NAME, copying, LeaveOperation.NAME, leaving);
  }

  /// Before this node leaves for good: gives what only it holds to others.
  ///
  /// @param time after which nothing more is begun
  public void handOver(Duration time) {
    int left = upkeep.handOver(time);
    if (left > 0) {
      LOG.warn("{} objects are held by no other node", left);
    }
  }

  @Override
  public void close() {
    try (journal;
        catalog;
        local;
        claims;
        upkeep) {
      // In reverse order.
    }
  }

  /// The grid as its member tells it.
  private static final class MemberNodes implements GridNodes {
    /// Names of nodes that have left are told as long as there are no more.
    private static final int MOST_NAMES = 10_000;

    private final GridMember member;
    private final Map<String, String> known = new ConcurrentHashMap<>();

    MemberNodes(GridMember member) {
      this.member = member;
    }

    @Override
    public String self() {
      return member.id();
    }

    @Override
    public Set<String> live() {
      Set<String> ids =
          member.members().members().stream().map(Member::id).collect(Collectors.toSet());
      if (known.size() < MOST_NAMES && !known.keySet().containsAll(ids)) {
        var _ = belonging(); // Whoever leaves a moment later is still known by its name.
      }
      return ids;
    }

    @Override
    public Map<String, String> belonging() {
      Map<String, String> names = new HashMap<>();
      for (GridNodeView node : member.nodes()) {
        names.put(node.id(), node.name());
      }
      if (known.size() < MOST_NAMES) {
        known.putAll(names);
      }
      return names;
    }

    @Override
    public String name(String id) {
      return belonging().getOrDefault(id, known.getOrDefault(id, id));
    }

    @Override
    public boolean leads() {
      return member.records().leads();
    }
  }
}
