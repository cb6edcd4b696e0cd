package io.gridset.server.cluster;

import io.gridset.client.peer.BlockExchange;
import io.gridset.client.peer.BlockReply;
import io.gridset.client.peer.BlockRequest;
import io.gridset.client.peer.ClusterView;
import io.gridset.client.peer.ObjectLocator;
import io.gridset.client.peer.PeerAddress;
import io.gridset.client.peer.Peers;
import io.gridset.client.peer.Presence;
import io.gridset.core.block.BlockLayout;
import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.Admission;
import io.gridset.core.cache.BlockLookup;
import io.gridset.core.cache.CachedFile;
import io.gridset.core.cache.Purpose;
import io.gridset.core.dataset.DatasetUsage;
import io.gridset.core.dataset.TierDefinition.Medium;
import io.gridset.core.placement.HomeShare;
import io.gridset.core.placement.Member;
import io.gridset.core.placement.MemberView;
import io.gridset.core.placement.Ranking;
import io.gridset.core.store.RangeSink;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import io.gridset.server.cache.CacheSettings;
import io.gridset.server.cache.TieredBlockCache;
import io.gridset.server.cache.WindowRing;
import io.gridset.server.peer.PeerCaller;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// Members of one process with real caches, who talk through calls that may fail. There is no
/// origin: whatever a member holds it was given or has taken from another.
final class TestGrid implements AutoCloseable {
  static final int BLOCK = 8192;
  static final String UID = "uid-1";

  final Map<String, Node> nodes = new HashMap<>();
  final List<ObjectLocator> files = new ArrayList<>();
  private final Path directory;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile MemberView view = MemberView.empty();

  TestGrid() throws IOException {
    Path shared = Path.of("/dev/shm");
    directory =
        Files.isWritable(shared)
            ? Files.createTempDirectory(shared, "gridset-cluster-test-")
            : Files.createTempDirectory("gridset-cluster-test-");
  }

  /// How the conversation with a member goes wrong.
  enum Fault {
    NONE,
    REFUSES_CALLS,
    SENDS_WRONG_BYTES,
    HANGS
  }

  /// One member.
  final class Node implements HeldDataset {
    final String id;
    final TieredBlockCache cache;
    final HandoverOperation operation;
    final AtomicInteger sent = new AtomicInteger();
    volatile Fault fault = Fault.NONE;
    volatile boolean listingHangs;

    Node(String id, long quotaBytes) throws StorageException {
      this.id = id;
      CacheSettings.Tier tier =
          new CacheSettings.Tier(Medium.MEM, directory.resolve(id), quotaBytes, 0.9, 0.6);
      cache =
          TieredBlockCache.open(
              new CacheSettings(List.of(tier)),
              InstantSource.system(),
              new WindowRing(WindowRing.DEFAULT_LIMIT),
              () -> new HomeShare(Ranking.of(view), id));
      operation =
          new HandoverOperation(
              () -> List.of(this), TestGrid.this::cluster, new Calls(), Ticker.system());
    }

    Drain drain(Duration time) {
      return new Drain(
          new Drain.Parts(
              id, () -> List.of(this), TestGrid.this::cluster, new Calls(), Ticker.system()),
          time);
    }

    boolean holds(ObjectLocator file, int block) {
      return cache.presentBlocks(file.version()).get(block);
    }

    @Override
    public String uid() {
      return UID;
    }

    @Override
    public TieredBlockCache cache() {
      return cache;
    }

    @Override
    public int blockBytes() {
      return BLOCK;
    }

    @Override
    public DatasetUsage usage() {
      return new DatasetUsage(
          OptionalLong.empty(),
          OptionalLong.empty(),
          cache.presentBytesOf(UID),
          0,
          0,
          0,
          DatasetUsage.PeerTraffic.none());
    }

    @Override
    public void visitFiles(FileVisitor visitor) throws StorageException {
      if (listingHangs) {
        hang();
      }
      for (ObjectLocator file : files) {
        visitor.visit(file);
      }
    }

    /// Fills a block with what belongs there.
    void fill(ObjectLocator file, int block) throws StorageException {
      BlockLayout layout = layout(file);
      try (CachedFile cached = cache.open(file.version(), layout, UID)) {
        if (cached.admit(block, Purpose.HOME) instanceof Admission.Admitted(var writer)) {
          try (writer) {
            writer.accept(ByteBuffer.wrap(content(file, block)));
            writer.publish();
          }
        }
      }
    }

    byte[] read(ObjectLocator file, int block) throws StorageException {
      BlockLayout layout = layout(file);
      int length = (int) layout.range(block).length();
      try (CachedFile cached = cache.open(file.version(), layout, UID)) {
        try (var bytes = ((BlockLookup.Hit) cached.lookup(block, 0, length)).bytes()) {
          byte[] all = new byte[length];
          bytes.buffers().getFirst().get(all);
          return all;
        }
      }
    }
  }

  /// Adds a member; only `join` puts it into the view.
  Node add(String id, long quotaBytes) throws StorageException {
    Node node = new Node(id, quotaBytes);
    nodes.put(id, node);
    return node;
  }

  /// Makes these the members; all others have left or have no weight.
  void members(String... ids) {
    view =
        MemberView.of(
            nodes.keySet().stream()
                .map(id -> new Member(id, List.of(ids).contains(id) ? 1 : 0))
                .toList());
  }

  ClusterView cluster() {
    Map<String, PeerAddress> addresses = new HashMap<>();
    nodes.keySet().forEach(id -> addresses.put(id, new PeerAddress(id, 1)));
    return new ClusterView(view, addresses);
  }

  static BlockLayout layout(ObjectLocator file) {
    return new BlockLayout(file.identity().sizeBytes(), BLOCK);
  }

  static byte[] content(ObjectLocator file, int block) {
    byte[] bytes = new byte[(int) layout(file).range(block).length()];
    new SplittableRandom(file.version().hashCode() * 31L + block).nextBytes(bytes);
    return bytes;
  }

  private void hang() throws StorageException {
    try {
      boolean _ = closing.await(1, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw StorageException.of(Kind.TIMED_OUT, "hung");
  }

  @Override
  public void close() throws IOException {
    closing.countDown();
    nodes.values().forEach(node -> node.cache.close());
    try (var paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /// What one member sees of the others.
  private final class Calls implements Peers {
    @Override
    public BlockExchange ask(PeerAddress member, BlockRequest request, Duration patience) {
      Node node = nodes.get(member.host());
      return new Exchange(node, request);
    }

    @Override
    public Presence presence(PeerAddress member, FileVersion version, Duration patience) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void ping(PeerAddress member, Duration patience) {}

    @Override
    public byte[] call(PeerAddress member, String name, byte[] request, Duration patience)
        throws StorageException {
      Node node = nodes.get(member.host());
      if (node.fault == Fault.REFUSES_CALLS) {
        throw StorageException.of(Kind.UNAVAILABLE, "connection refused");
      }
      if (node.fault == Fault.HANGS) {
        try {
          boolean _ = closing.await(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        throw StorageException.of(Kind.TIMED_OUT, "no answer");
      }
      if (request.length > 1 << 20 || !name.equals(HandoverOperation.NAME)) {
        throw new AssertionError("a request of " + request.length + " bytes to " + name);
      }
      return node.operation.answer(PeerCaller.member(), request);
    }

    @Override
    public void close() {}
  }

  private record Exchange(Node node, BlockRequest request) implements BlockExchange {
    @Override
    public BlockReply next(Duration patience) throws StorageException {
      if (request.mode() != BlockRequest.Mode.IF_HELD) {
        throw new AssertionError("asked to act as home: the origin would be asked");
      }
      if (!node.holds(request.object(), request.index())) {
        return new BlockReply.NotHeld();
      }
      try (CachedFile file = node.cache.open(request.object().version(), request.layout(), UID)) {
        return new BlockReply.Coming(request.length(), file.crc32c(request.index()).orElseThrow());
      }
    }

    @Override
    public void receive(RangeSink sink, Duration stall) throws StorageException {
      byte[] bytes = node.read(request.object(), request.index());
      node.sent.incrementAndGet();
      if (node.fault == Fault.SENDS_WRONG_BYTES && node.sent.get() % 3 == 0) {
        bytes[bytes.length / 2] ^= 1;
      }
      sink.accept(ByteBuffer.wrap(bytes));
    }

    @Override
    public void close() {}
  }
}
