package io.gridset.server.peer;

import static io.gridset.server.read.ReadFixture.BLOCK;
import static io.gridset.server.read.ReadFixture.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.client.peer.BlockRequest;
import io.gridset.client.peer.ClusterView;
import io.gridset.client.peer.ObjectLocator;
import io.gridset.client.peer.PeerAddress;
import io.gridset.core.block.BlockKey;
import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.dataset.Copies;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.MetadataPolicy;
import io.gridset.core.file.OpenFile;
import io.gridset.core.placement.Member;
import io.gridset.core.placement.MemberView;
import io.gridset.core.placement.Ranking;
import io.gridset.core.store.StorageException;
import io.gridset.server.read.CachedDatasetFiles;
import io.gridset.server.read.Homes;
import io.gridset.server.read.HostedDatasets;
import io.gridset.server.read.MemoryBlockCache;
import io.gridset.server.read.MemoryBudget;
import io.gridset.server.read.ReadFixture;
import io.gridset.server.read.ReadSettings;
import io.gridset.server.tree.DatasetTree;
import io.gridset.server.tree.FaultyUnderStore;
import io.gridset.server.tree.MountedStore;
import io.gridset.server.tree.TestingTicker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Several nodes in one process over one origin: the real reading, caches in memory, a network with
/// faults. Blocks have 64 KiB; time moves when told to.
final class TestGrid implements AutoCloseable {
  static final String UID = "uid";
  static final DatasetName NAME = new DatasetName("default", "data");

  final FaultyUnderStore origin;
  final TestNetwork network = new TestNetwork();
  final TestingTicker ticker = new TestingTicker();
  final Map<String, Node> nodes = new LinkedHashMap<>();
  private final Map<String, byte[]> contents = new HashMap<>();
  private final CountDownLatch closing = new CountDownLatch(1);

  /// What a node is made of beside the usual.
  record Kind(long quota, GridReading reading, double weight, Copies copies) {
    Kind(long quota, GridReading reading, double weight) {
      this(quota, reading, weight, Copies.WHILE_THERE_IS_ROOM);
    }

    static Kind member() {
      return new Kind(1L << 30, GridReading.ofMember(), 1);
    }

    Kind with(GridReading wanted) {
      return new Kind(quota, wanted, weight, copies);
    }

    Kind with(Copies wanted) {
      return new Kind(quota, reading, weight, wanted);
    }

    Kind weighing(double wanted) {
      return new Kind(quota, reading, wanted, copies);
    }
  }

  final class Node {
    final String id;
    final double weight;
    final MemoryBlockCache cache;
    final MemoryBudget budget = new MemoryBudget(16 << 20);
    final DatasetTree tree;
    final CachedDatasetFiles files;
    final LocalPeerService service;
    final GridBlocks blocks;
    final GridLinks links;
    volatile ClusterView view = view(List.of());

    Node(String id, Kind kind) {
      this.id = id;
      weight = kind.weight();
      cache = new MemoryBlockCache(kind.quota());
      Homes homes = new Homes(id, () -> view.members());
      links = new GridLinks(homes, () -> view, network.peersOf(id), ticker);
      blocks =
          new GridBlocks(
              links,
              kind.reading(),
              wait -> {
                ticker.advance(wait);
                return closing.await(2, TimeUnit.MILLISECONDS);
              });
      tree =
          new DatasetTree(
              UID, List.of(new MountedStore("m", "", origin)), MetadataPolicy.DEFAULT, ticker);
      ReadSettings alone = ReadFixture.settings(budget);
      ReadSettings settings =
          new ReadSettings(BLOCK, alone.patience(), budget, homes, kind.copies(), blocks::over);
      files = new CachedDatasetFiles(UID, tree, cache, settings);
      service = new LocalPeerService(() -> List.of(new HostedDatasets.Hosted(NAME, UID, files)));
    }

    byte[] read(String path, int block) throws StorageException {
      try (OpenFile file = files.open(path)) {
        return ReadFixture.copy(file.read((long) block * BLOCK, BLOCK));
      }
    }

    byte[] readAll(String path) throws StorageException {
      try (OpenFile file = files.open(path)) {
        return ReadFixture.readAll(file, 100_000);
      }
    }

    boolean holds(BlockKey key) {
      return cache.presentBlocks(key.version()).get(key.index());
    }
  }

  TestGrid(FaultyUnderStore origin) {
    this.origin = origin;
  }

  static TestGrid of(String... ids) {
    TestGrid grid = new TestGrid(new FaultyUnderStore());
    for (String id : ids) {
      grid.add(id, Kind.member());
    }
    grid.agree();
    return grid;
  }

  Node add(String id, Kind kind) {
    Node node = new Node(id, kind);
    nodes.put(id, node);
    network.add(id, node.service);
    return node;
  }

  Node node(String id) {
    return nodes.get(id);
  }

  /// All see all of them.
  void agree() {
    see(nodes.keySet().toArray(String[]::new));
  }

  /// All see these.
  void see(String... ids) {
    nodes.values().forEach(node -> node.view = viewOf(ids));
  }

  ClusterView viewOf(String... ids) {
    return view(Arrays.stream(ids).map(this::node).toList());
  }

  private static ClusterView view(List<Node> nodes) {
    Map<String, PeerAddress> addresses = new HashMap<>();
    List<Member> members = new ArrayList<>();
    for (Node node : nodes) {
      members.add(new Member(node.id, node.weight));
      addresses.put(node.id, TestNetwork.address(node.id));
    }
    return new ClusterView(MemberView.of(members), addresses);
  }

  void put(String path, int bytes, long seed) {
    byte[] content = ReadFixture.random(bytes, seed);
    contents.put(path, content);
    origin.put(path, content);
  }

  byte[] content(String path) {
    return contents.get(path);
  }

  byte[] content(String path, int block) {
    byte[] all = contents.get(path);
    return Arrays.copyOfRange(all, block * BLOCK, Math.min(all.length, (block + 1) * BLOCK));
  }

  BlockKey key(String path, int block) throws StorageException {
    return new BlockKey(version(path), block);
  }

  private FileVersion version(String path) throws StorageException {
    return FileVersion.of(UID, "m", path, origin.head(path).orElseThrow().validator());
  }

  BlockRequest request(String path, int block, BlockRequest.Mode mode) throws StorageException {
    ObjectLocator object = new ObjectLocator(UID, "m", path, origin.head(path).orElseThrow());
    return new BlockRequest(object, BLOCK, block, mode, "");
  }

  /// The members for a block, best first, by the view of all.
  List<String> rank(String path, int block) throws StorageException {
    ClusterView all = viewOf(nodes.keySet().toArray(String[]::new));
    return Ranking.of(all.members()).first(key(path, block), 99).stream().map(Member::id).toList();
  }

  /// A block of the file whose home is `home`, and that `other` comes next for.
  int blockAt(String path, String home, String other) throws StorageException {
    int blocks = contents.get(path).length / BLOCK;
    for (int block = 0; block < blocks; block++) {
      List<String> rank = rank(path, block);
      if (rank.get(0).equals(home) && rank.get(1).equals(other)) {
        return block;
      }
    }
    throw new AssertionError("no such block; make the file larger");
  }

  void passTime(Duration by) {
    ticker.advance(by);
  }

  /// Nothing may be left: no flight, no pin, no exchange, no lease but those of kept buffers.
  @Override
  public void close() {
    origin.release();
    nodes.keySet().forEach(id -> network.set(id, TestNetwork.State.WELL));
    for (Node node : nodes.values()) {
      until("sessions of " + node.id + " end", () -> node.cache.opens() == 0);
    }
    until("exchanges end", () -> network.open.get() == 0);
    closing.countDown();
    for (Node node : nodes.values()) {
      node.files.close();
      node.blocks.close();
      assertThat(node.cache.pins()).as("pins left at " + node.id).isZero();
      until(
          "the budget of " + node.id + " is whole again",
          () -> node.budget.freeBytes() == node.budget.totalBytes());
    }
  }

  static byte[] bytes(PinnedBytes pinned) {
    return ReadFixture.copy(pinned);
  }
}
