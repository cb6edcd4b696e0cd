package io.gridset.server.peer;

import static io.gridset.server.read.ReadFixture.BLOCK;
import static io.gridset.server.read.ReadFixture.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.client.peer.ClusterView;
import io.gridset.client.peer.PeerAddress;
import io.gridset.client.peer.PeerClient;
import io.gridset.client.peer.PeerClientSettings;
import io.gridset.client.trust.Credential;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.MetadataPolicy;
import io.gridset.core.dataset.TierDefinition.Medium;
import io.gridset.core.file.OpenFile;
import io.gridset.core.placement.Member;
import io.gridset.core.placement.MemberView;
import io.gridset.core.unit.Ticker;
import io.gridset.server.cache.CacheSettings;
import io.gridset.server.cache.TieredBlockCache;
import io.gridset.server.read.CachedDatasetFiles;
import io.gridset.server.read.Homes;
import io.gridset.server.read.HostedDatasets;
import io.gridset.server.read.MemoryBudget;
import io.gridset.server.read.ReadFixture;
import io.gridset.server.read.ReadSettings;
import io.gridset.server.tree.DatasetTree;
import io.gridset.server.tree.FaultyUnderStore;
import io.gridset.server.tree.MountedStore;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Three nodes with real caches, data servers and sockets of the loopback device.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GridOverSocketsTest {
  private static final String UID = "uid";
  private static final int SIZE = 120 * BLOCK + 999;

  @TempDir private Path directory;
  private final FaultyUnderStore origin = new FaultyUnderStore();
  private final byte[] content = ReadFixture.random(SIZE, 7);
  private final List<Node> nodes = new ArrayList<>();
  private volatile ClusterView view = new ClusterView(MemberView.empty(), Map.of());

  private final class Node implements AutoCloseable {
    final String id;
    final TieredBlockCache cache;
    final PeerClient peers;
    final GridBlocks blocks;
    final CachedDatasetFiles files;
    final DataServer server;

    Node(String id) throws Exception {
      this.id = id;
      CacheSettings.Tier tier =
          new CacheSettings.Tier(Medium.SSD, directory.resolve(id), 1L << 30, 0.9, 0.6);
      cache = TieredBlockCache.open(new CacheSettings(List.of(tier)), InstantSource.system());
      peers =
          new PeerClient(PeerClientSettings.of("grid", Credential.none(), null), Ticker.system());
      Homes homes = new Homes(id, () -> view.members());
      GridLinks links = new GridLinks(homes, () -> view, peers, Ticker.system());
      blocks = new GridBlocks(links, GridReading.ofMember());
      ReadSettings usual = ReadFixture.settings(new MemoryBudget(64 << 20));
      ReadSettings reading =
          new ReadSettings(
              BLOCK, usual.patience(), usual.budget(), homes, usual.copies(), blocks::over);
      DatasetTree tree =
          new DatasetTree(
              UID,
              List.of(new MountedStore("m", "", origin)),
              MetadataPolicy.DEFAULT,
              Ticker.system());
      files = new CachedDatasetFiles(UID, tree, cache, reading);
      HostedDatasets.Hosted hosted =
          new HostedDatasets.Hosted(new DatasetName("default", "data"), UID, files);
      server =
          DataServer.start(
              DataServerSettings.of(
                  new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), "grid", null, null),
              new LocalPeerService(() -> List.of(hosted)),
              Map.of());
    }

    PeerAddress address() {
      return new PeerAddress("127.0.0.1", server.port());
    }

    byte[] readAll() throws Exception {
      try (OpenFile file = files.open("f")) {
        return ReadFixture.readAll(file, 200_000);
      }
    }

    @Override
    public void close() {
      server.close();
      blocks.close();
      peers.close();
      files.close();
      cache.close();
    }
  }

  private void start(String... ids) throws Exception {
    origin.put("f", content);
    for (String id : ids) {
      nodes.add(new Node(id));
    }
    Map<String, PeerAddress> addresses = new HashMap<>();
    nodes.forEach(node -> addresses.put(node.id, node.address()));
    see(addresses);
  }

  private void see(Map<String, PeerAddress> addresses) {
    view =
        new ClusterView(
            MemberView.of(addresses.keySet().stream().map(id -> new Member(id, 1)).toList()),
            addresses);
  }

  @AfterEach
  void stop() {
    nodes.forEach(Node::close);
  }

  private void readEverywhere(List<Node> readers, int times) throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<byte[]>> reads = new ArrayList<>();
      for (int i = 0; i < times; i++) {
        readers.forEach(node -> reads.add(threads.submit(node::readAll)));
      }
      for (Future<byte[]> read : reads) {
        assertThat(read.get(90, TimeUnit.SECONDS)).isEqualTo(content);
      }
    }
  }

  @Test
  void manyReadersOnThreeNodesCostEachOriginByteOnce() throws Exception {
    start("a", "b", "c");
    readEverywhere(nodes, 10);
    assertThat(origin.bytesRead.get()).isEqualTo(SIZE);
    long fromPeers = nodes.stream().mapToLong(node -> node.files.figures().peerBytes()).sum();
    long toPeers =
        nodes.stream().mapToLong(node -> node.files.figures().servedToPeersBytes()).sum();
    assertThat(fromPeers).isEqualTo(2L * SIZE);
    assertThat(toPeers).isGreaterThanOrEqualTo(fromPeers);
  }

  @Test
  void readsGoOnWhileAHomeIsKilledAndWhatIsLeftIsNotPaidForAgain() throws Exception {
    start("a", "b", "c");
    readEverywhere(nodes.subList(0, 1), 1);
    nodes.get(1).server.close();
    readEverywhere(List.of(nodes.get(2)), 5);
    // a has a copy of everything that b held.
    assertThat(origin.bytesRead.get()).isEqualTo(SIZE);
  }

  @Test
  void aHomeThatAcceptsAndSaysNothingFailsNoRead() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 64, InetAddress.getLoopbackAddress())) {
      start("a", "c");
      Map<String, PeerAddress> addresses = new HashMap<>(view.addresses());
      addresses.put("b", new PeerAddress("127.0.0.1", silent.getLocalPort()));
      see(addresses);
      readEverywhere(nodes, 5);
      assertThat(origin.bytesRead.get()).isEqualTo(SIZE);
    }
  }

  @Test
  void whenTheOriginIsSlowNobodyAsksItTwice() throws Exception {
    start("a", "b", "c");
    for (Node node : nodes) {
      assertThat(node.files.find("f")).isPresent();
    }
    origin.hold();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<byte[]>> reads = new ArrayList<>();
      nodes.forEach(node -> reads.add(threads.submit(node::readAll)));
      long heartbeats = 150; // The data server's, in milliseconds; silence is 500.
      long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(8 * heartbeats);
      until("longer than silence", () -> System.nanoTime() - deadline > 0);
      origin.release();
      for (Future<byte[]> read : reads) {
        assertThat(read.get(90, TimeUnit.SECONDS)).isEqualTo(content);
      }
    }
    assertThat(origin.bytesRead.get()).isEqualTo(SIZE);
  }
}
