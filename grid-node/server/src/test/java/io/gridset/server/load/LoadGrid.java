package io.gridset.server.load;

import static io.gridset.server.read.ReadFixture.BLOCK;
import static io.gridset.server.read.ReadFixture.random;
import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.block.BlockKey;
import io.gridset.core.block.BlockLayout;
import io.gridset.core.cache.CachedFile;
import io.gridset.core.dataset.Copies;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.LoadRequest;
import io.gridset.core.dataset.LoadRun;
import io.gridset.core.dataset.MetadataPolicy;
import io.gridset.core.placement.Member;
import io.gridset.core.placement.MemberView;
import io.gridset.core.placement.Ranking;
import io.gridset.core.store.StorageException;
import io.gridset.server.read.CachedDatasetFiles;
import io.gridset.server.read.Homes;
import io.gridset.server.read.MemoryBlockCache;
import io.gridset.server.read.MemoryBudget;
import io.gridset.server.read.ReadFixture;
import io.gridset.server.read.ReadSettings;
import io.gridset.server.state.SharedMaps;
import io.gridset.server.tree.DatasetTree;
import io.gridset.server.tree.FaultyUnderStore;
import io.gridset.server.tree.MountedStore;
import io.gridset.server.tree.TestingTicker;
import io.gridset.server.tree.TreeFile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/// Members of one process that share maps, a store and a clock, each with a cache and readers of
/// its own. A member that dies is no longer in the view, and nothing of it is heard again.
final class LoadGrid implements AutoCloseable {
  static final String UID = "uid";
  private static final DatasetName NAME = new DatasetName("default", "d");
  private static final long QUOTA = 256L * BLOCK;

  final SharedMaps maps = SharedMaps.alone();
  final TestingTicker ticker = new TestingTicker();
  final Map<String, Node> nodes = new TreeMap<>();
  private final List<Node> dead = new ArrayList<>();
  private volatile MemberView view = MemberView.empty();

  /// One store for all, so that what left the origin can be counted.
  private final Map<String, byte[]> contents = new TreeMap<>();

  final class Node {
    final String id;
    final FaultyUnderStore store = new FaultyUnderStore();
    final MemoryBlockCache cache;
    final CachedDatasetFiles files;
    final GridLoads loads;
    final Loadable dataset;
    volatile boolean runs = true;

    Node(String id, long quota) {
      this.id = id;
      contents.forEach(store::put);
      cache = new MemoryBlockCache(quota);
      Homes homes = new Homes(id, () -> view);
      DatasetTree tree =
          new DatasetTree(
              UID, List.of(new MountedStore("m", "", store)), MetadataPolicy.DEFAULT, ticker);
      files =
          new CachedDatasetFiles(
              UID,
              tree,
              cache,
              new ReadSettings(
                  BLOCK,
                  Duration.ofSeconds(60),
                  new MemoryBudget(8 << 20),
                  homes,
                  Copies.WHILE_THERE_IS_ROOM,
                  origin -> origin));
      dataset = new Loadable(UID, NAME, files, quota, BLOCK);
      loads =
          new GridLoads(maps, homes, ticker, _ -> runs ? Optional.of(dataset) : Optional.empty());
    }

    LoadRun load(LoadRequest request) throws StorageException {
      return loads.start(dataset, request);
    }

    boolean holds(BlockKey key, BlockLayout layout) throws StorageException {
      try (CachedFile file = cache.open(key.version(), layout, UID)) {
        return file.isPresent(key.index());
      }
    }

    long heldBytes() {
      return cache.presentBytesOf(UID);
    }

    private void close() {
      store.release();
      loads.close();
      files.close();
    }
  }

  /// Files of the seed: many small ones, some of several blocks.
  long fill(long seed, int files) {
    long total = 0;
    for (int i = 0; i < files; i++) {
      int length = i % 8 == 0 ? 5 * BLOCK + i : 100 + i;
      contents.put("d" + i % 3 + "/f" + i, random(length, seed + i));
      total += length;
    }
    return total;
  }

  Node join(String id) {
    return join(id, QUOTA);
  }

  Node join(String id, long quota) {
    Node node = new Node(id, quota);
    nodes.put(id, node);
    look();
    return node;
  }

  /// Kills a member: what it has told stays in the maps until others take it away.
  void kill(String id) {
    Node node = nodes.remove(id);
    dead.add(node);
    Map<String, String> left = maps.map("load-orders").entries();
    Map<String, String> told = maps.map("load-progress").entries();
    node.loads.close();
    left.forEach((key, value) -> maps.map("load-orders").put(key, value));
    told.forEach((key, value) -> maps.map("load-progress").put(key, value));
    look();
  }

  /// Everybody sees who is there now.
  private void look() {
    view = MemberView.of(nodes.values().stream().map(node -> new Member(node.id, 1)).toList());
  }

  long originBytes() {
    return nodes.values().stream().mapToLong(node -> node.store.bytesRead.get()).sum()
        + dead.stream().mapToLong(node -> node.store.bytesRead.get()).sum();
  }

  void until(String what, BooleanSupplier condition) {
    ReadFixture.until(what, condition);
  }

  /// Blocks that fewer than `replicas` living members hold, read from their caches.
  List<BlockKey> missing(int replicas) throws StorageException {
    List<BlockKey> missing = new ArrayList<>();
    Node any = nodes.values().iterator().next();
    for (String path : contents.keySet()) {
      TreeFile file = any.files.tree().file(path).orElseThrow();
      BlockLayout layout = new BlockLayout(file.entry().sizeBytes(), BLOCK);
      for (int block = 0; block < layout.blockCount(); block++) {
        BlockKey key = new BlockKey(file.version(), block);
        int holders = 0;
        for (Node node : nodes.values()) {
          holders += node.holds(key, layout) ? 1 : 0;
        }
        if (holders < replicas) {
          missing.add(key);
        }
      }
    }
    return missing;
  }

  List<String> paths() {
    return List.copyOf(contents.keySet());
  }

  /// Blocks that a member holds whose rank there is at least `from` and below `to`.
  Set<BlockKey> held(Node node, int from, int to) throws StorageException {
    Set<BlockKey> found = new HashSet<>();
    Ranking ranking = Ranking.of(view);
    for (String path : contents.keySet()) {
      TreeFile file = node.files.tree().file(path).orElseThrow();
      BlockLayout layout = new BlockLayout(file.entry().sizeBytes(), BLOCK);
      for (int block = 0; block < layout.blockCount(); block++) {
        BlockKey key = new BlockKey(file.version(), block);
        List<String> ranks = ranking.first(key, to).stream().map(Member::id).toList();
        if (ranks.indexOf(node.id) >= from && node.holds(key, layout)) {
          found.add(key);
        }
      }
    }
    return found;
  }

  @Override
  public void close() {
    nodes.values().forEach(Node::close);
    dead.forEach(Node::close);
    assertThat(maps.map("load-orders").entries()).as("orders left").isEmpty();
  }
}
