package io.gridset.server.object.grid;

import static io.gridset.server.object.ObjectCatalogContract.until;

import io.gridset.client.peer.BlockRequest;
import io.gridset.client.peer.PeerAddress;
import io.gridset.client.peer.PeerClient;
import io.gridset.client.peer.PeerClientSettings;
import io.gridset.client.peer.Peers;
import io.gridset.client.peer.Presence;
import io.gridset.client.trust.Credential;
import io.gridset.core.block.FileVersion;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import io.gridset.server.grid.Discovery;
import io.gridset.server.grid.GridMember;
import io.gridset.server.grid.GridSettings;
import io.gridset.server.object.ObjectStoreSettings;
import io.gridset.server.peer.DataServer;
import io.gridset.server.peer.DataServerSettings;
import io.gridset.server.peer.HeldBlock;
import io.gridset.server.peer.PeerService;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/// Members of one grid in this process, each with its objects and its data server; Hazelcast and
/// sockets are real.
final class TestMembers implements AutoCloseable {
  private static final long QUOTA = 256L << 20;

  private final Path directory;
  private final List<Integer> gridPorts = new ArrayList<>();
  private final List<Integer> dataPorts = new ArrayList<>();
  private final List<Optional<TestMember>> members = new ArrayList<>();

  TestMembers(Path directory, int size) throws Exception {
    this.directory = directory;
    for (int i = 0; i < size; i++) {
      gridPorts.add(freePort());
      dataPorts.add(freePort());
      members.add(Optional.empty());
    }
    for (int i = 0; i < size; i++) {
      start(i);
    }
    untilTogether();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  TestMember get(int number) {
    return members.get(number).orElseThrow();
  }

  void start(int number) throws Exception {
    members.set(number, Optional.of(new TestMember(number)));
  }

  void stop(int number) {
    TestMember gone = get(number);
    members.set(number, Optional.empty());
    gone.close();
  }

  /// Waits until all that run see each other and may change things.
  void untilTogether() throws Exception {
    List<TestMember> running = members.stream().flatMap(Optional::stream).toList();
    for (TestMember each : running) {
      until("all are seen", () -> each.member.status().members() == running.size());
      until("changes pass", () -> each.member.nodes().stream().allMatch(n -> n.health().isEmpty()));
    }
  }

  @Override
  public void close() {
    for (int i = 0; i < members.size(); i++) {
      if (members.get(i).isPresent()) {
        stop(i);
      }
    }
  }

  final class TestMember implements AutoCloseable {
    final GridMember member;
    final Peers peers;
    final GridObjects objects;
    final DataServer server;

    private TestMember(int number) throws Exception {
      Path own = directory.resolve("member-" + number);
      String cluster = "gridset-test-" + gridPorts.getFirst();
      PeerAddress data = new PeerAddress("127.0.0.1", dataPorts.get(number));
      member =
          GridMember.start(
              new GridSettings(
                  cluster,
                  "127.0.0.1",
                  gridPorts.get(number),
                  1,
                  new Discovery.Addresses(
                      gridPorts.stream().map(port -> "127.0.0.1:" + port).toList()),
                  own,
                  new GridSettings.Profile("n" + number, 1, Optional.of(data), "1")));
      peers =
          new PeerClient(PeerClientSettings.of(cluster, Credential.none(), null), Ticker.system());
      objects =
          GridObjects.open(
              member,
              peers,
              own.resolve("names"),
              ObjectStoreSettings.inMemory(own.resolve("objects"), QUOTA, member.id()));
      server =
          DataServer.start(
              DataServerSettings.of(
                  new InetSocketAddress("127.0.0.1", dataPorts.get(number)), cluster, null, null),
              new ObjectGiver(objects.local(), new NoBlocks()),
              objects.operations());
    }

    @Override
    public void close() {
      try (member;
          peers;
          objects;
          server) {
        // In reverse order.
      }
    }
  }

  /// No datasets run here.
  static final class NoBlocks implements PeerService {
    @Override
    public Optional<HeldBlock> held(BlockRequest request) throws StorageException {
      throw StorageException.of(Kind.UNSUPPORTED, "no datasets here");
    }

    @Override
    public boolean isComing(BlockRequest request) {
      return false;
    }

    @Override
    public HeldBlock bring(BlockRequest request) throws StorageException {
      throw StorageException.of(Kind.UNSUPPORTED, "no datasets here");
    }

    @Override
    public Presence presence(FileVersion version) {
      return new Presence(new BitSet(), new BitSet());
    }
  }
}
