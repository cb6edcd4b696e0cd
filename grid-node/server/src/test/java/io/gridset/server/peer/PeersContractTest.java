package io.gridset.server.peer;

import static io.gridset.server.peer.PeersFixture.PATIENCE;
import static io.gridset.server.peer.PeersFixture.assertFails;
import static io.gridset.server.peer.PeersFixture.fetch;
import static io.gridset.server.peer.PeersFixture.receive;
import static io.gridset.server.peer.PeersFixture.reply;
import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.client.peer.BlockExchange;
import io.gridset.client.peer.BlockReply;
import io.gridset.client.peer.BlockRequest;
import io.gridset.client.peer.BlockRequest.Mode;
import io.gridset.client.peer.PeerAddress;
import io.gridset.client.peer.Peers;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What one member asks another, over real sockets.
@Timeout(60)
class PeersContractTest {
  private final FakePeerService service = new FakePeerService();
  private DataServer server;
  private Peers peers;
  private PeerAddress address;

  @BeforeEach
  void start() throws StorageException {
    server = PeersFixture.start(PeersFixture.settings(null, null), service);
    address = PeersFixture.address(server);
    peers = PeersFixture.peers();
  }

  @AfterEach
  void stop() {
    service.gate.countDown();
    peers.close();
    server.close();
    assertThat(service.pinned.get()).as("blocks still held").isZero();
  }

  @Test
  void bytesOfAnySizeArriveWithTheirChecksumOverOneConnection() throws StorageException {
    for (int bytes : new int[] {1, 2, 17, 4095, 4096, 65_537, 1 << 20, (4 << 20) - 1, 4 << 20}) {
      fetch(peers, address, FakePeerService.request(bytes));
    }
    assertThat(server.statistics().connections()).isEqualTo(1);
    PeersFixture.await("the sends are counted", () -> server.statistics().blocksSent() == 9);
  }

  @Test
  void smallQuestionsAreAnswered() throws StorageException {
    peers.ping(address, PATIENCE);
    var presence = peers.presence(address, FakePeerService.object("u", 5).version(), PATIENCE);
    assertThat(presence.present().cardinality()).isEqualTo(4);
    assertThat(presence.coming().get(9000)).isTrue();
    byte[] large = new byte[1 << 20];
    large[77] = 7;
    assertThat(peers.call(address, "echo", large, PATIENCE)).isEqualTo(large);
    assertThat(peers.call(address, "echo", new byte[0], PATIENCE)).isEmpty();
  }

  @Test
  void anUnknownOperationIsUnsupportedAndTheConnectionGoesOn() throws StorageException {
    assertFails(Kind.UNSUPPORTED, () -> peers.call(address, "no-such", new byte[] {1}, PATIENCE));
    peers.ping(address, PATIENCE);
    assertThat(server.statistics().connections()).isEqualTo(1);
  }

  @Test
  void aChecksumThatDoesNotFitIsVisibleToWhoAsked() throws StorageException {
    service.crcError = 1;
    BlockRequest request = FakePeerService.request(100_000);
    try (BlockExchange exchange = peers.ask(address, request, PATIENCE)) {
      BlockReply.Coming coming = (BlockReply.Coming) reply(exchange);
      assertThat(coming.crc32c()).isNotEqualTo(FakePeerService.crc(receive(exchange)));
    }
  }

  @Test
  void signsOfLifeComeWhileTheBlockIsBrought() throws StorageException {
    service.cold = true;
    service.gate = new CountDownLatch(1);
    BlockRequest request = FakePeerService.request(1000);
    try (BlockExchange exchange = peers.ask(address, request, PATIENCE)) {
      for (int i = 0; i < 3; i++) {
        assertThat(exchange.next(PATIENCE)).isInstanceOf(BlockReply.AtIt.class);
      }
      assertThat(server.statistics().waiting()).isEqualTo(1);
      service.gate.countDown();
      assertThat(reply(exchange)).isInstanceOf(BlockReply.Coming.class);
      assertThat(receive(exchange)).isEqualTo(FakePeerService.content(request));
    }
    PeersFixture.await("nothing waits", () -> server.statistics().waiting() == 0);
  }

  @Test
  void aSilentMemberIsToldFromABrokenOneAndMayStillAnswer() throws StorageException {
    service.cold = true;
    service.gate = new CountDownLatch(1);
    try (BlockExchange exchange = peers.ask(address, FakePeerService.request(1000), PATIENCE)) {
      assertThat(exchange.next(Duration.ofMillis(1))).isInstanceOf(BlockReply.Silent.class);
      assertThat(exchange.next(Duration.ZERO)).isInstanceOf(BlockReply.Silent.class);
      service.gate.countDown();
      BlockReply late = exchange.next(PATIENCE);
      while (late instanceof BlockReply.AtIt || late instanceof BlockReply.Silent) {
        late = exchange.next(PATIENCE);
      }
      assertThat(receive(exchange)).hasSize(1000);
    }
  }

  @Test
  void whoHoldsNothingSaysSoAndJoinsWhatIsComing() throws StorageException {
    service.cold = true;
    BlockRequest request = FakePeerService.request(500, Mode.IF_HELD, "");
    try (BlockExchange exchange = peers.ask(address, request, PATIENCE)) {
      assertThat(exchange.next(PATIENCE)).isInstanceOf(BlockReply.NotHeld.class);
    }
    service.coming = true;
    fetch(peers, address, request);
    assertThat(server.statistics().connections()).isEqualTo(1);
  }

  @Test
  void whatTheOriginSaysReachesTheAsker() throws StorageException {
    service.cold = true;
    BlockRequest known = FakePeerService.request(500);
    var object = known.object();
    BlockRequest missing =
        new BlockRequest(
            new io.gridset.client.peer.ObjectLocator(
                object.datasetUid(), object.mount(), "missing", object.identity()),
            FakePeerService.BLOCK_BYTES,
            0,
            Mode.AS_HOME,
            "");
    try (BlockExchange exchange = peers.ask(address, missing, PATIENCE)) {
      BlockReply.Refused refused = (BlockReply.Refused) reply(exchange);
      assertThat(refused.failure().kind()).isEqualTo(Kind.NOT_FOUND);
      assertThat(refused.failure()).hasMessageContaining("no such object");
      assertThat(refused.failure().retryable()).isFalse();
    }
    fetch(peers, address, known);
    assertThat(server.statistics().connections()).isEqualTo(1);
  }

  @Test
  void whoManyAskForOneBlockNamesOneWhoHasGotIt() throws StorageException {
    BlockRequest withCopy = FakePeerService.request(4 << 20, Mode.AS_HOME, "member-2");
    fetch(peers, address, withCopy);
    List<BlockExchange> slow = new ArrayList<>();
    try {
      // Four that take the header only, so that their sends go on: too long for the buffers.
      service.blockBytes = 64 << 20;
      BlockRequest large = largeRequest(Mode.AS_HOME, "");
      fetchLarge(largeRequest(Mode.AS_HOME, "member-2"));
      for (int i = 0; i < 4; i++) {
        BlockExchange exchange = peers.ask(address, large, PATIENCE);
        slow.add(exchange);
        assertThat(reply(exchange)).isInstanceOf(BlockReply.Coming.class);
      }
      try (BlockExchange fifth = peers.ask(address, large, PATIENCE)) {
        assertThat(reply(fifth)).isEqualTo(new BlockReply.Elsewhere("member-2"));
      }
      for (BlockRequest direct :
          List.of(
              largeRequest(Mode.AS_HOME, "member-2"),
              largeRequest(Mode.IF_HELD, ""),
              largeRequest(Mode.AS_HOME_WITHOUT_REDIRECT, ""))) {
        try (BlockExchange exchange = peers.ask(address, direct, PATIENCE)) {
          assertThat(reply(exchange)).as("%s", direct).isInstanceOf(BlockReply.Coming.class);
        }
      }
      assertThat(server.statistics().redirected()).isEqualTo(1);
    } finally {
      slow.forEach(BlockExchange::close);
    }
    PeersFixture.await("nothing is held", () -> service.pinned.get() == 0);
  }

  private static BlockRequest largeRequest(Mode mode, String copyAt) {
    return new BlockRequest(FakePeerService.object("uid-1", 64 << 20), 64 << 20, 0, mode, copyAt);
  }

  private void fetchLarge(BlockRequest request) throws StorageException {
    try (BlockExchange exchange = peers.ask(address, request, PATIENCE)) {
      assertThat(reply(exchange)).isInstanceOf(BlockReply.Coming.class);
      exchange.receive(bytes -> bytes.position(bytes.limit()), PATIENCE);
    }
    PeersFixture.await("the send is counted", () -> server.statistics().blocksSent() == 2);
  }

  @Test
  void closeFromAnotherThreadEndsAWait() throws Exception {
    service.cold = true;
    service.gate = new CountDownLatch(1);
    try (BlockExchange exchange = peers.ask(address, FakePeerService.request(1000), PATIENCE);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      CountDownLatch waiting = new CountDownLatch(1);
      Future<?> waiter =
          threads.submit(
              () -> {
                while (true) {
                  exchange.next(PATIENCE);
                  waiting.countDown();
                }
              });
      waiting.await();
      exchange.close();
      assertThat(
              org.assertj.core.api.Assertions.catchThrowable(
                  () -> waiter.get(20, TimeUnit.SECONDS)))
          .cause()
          .isInstanceOfSatisfying(
              StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CANCELLED));
    }
    service.gate.countDown();
    PeersFixture.await("what came too late is let go", () -> service.pinned.get() == 0);
  }

  @Test
  void manySmallRequestsAtOnceAreAllAnsweredOverAFewConnections() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 1; i <= 64; i++) {
        BlockRequest request = FakePeerService.request(i * 100);
        all.add(
            threads.submit(
                () -> {
                  fetch(peers, address, request);
                  peers.ping(address, PATIENCE);
                  return null;
                }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    }
    assertThat(server.statistics().connections()).isBetween(1, 18);
    assertThat(server.statistics().requests()).isEqualTo(128);
  }

  @Test
  void aConnectionThatWentStaleIsReplacedWithoutAFailure() throws StorageException {
    fetch(peers, address, FakePeerService.request(100));
    server.close();
    PeersFixture.await("the port is free again", this::startsAgain);
    fetch(peers, address, FakePeerService.request(200));
    peers.ping(address, PATIENCE);
  }

  /// An outgoing connection of another program may have got the port for a moment.
  private boolean startsAgain() {
    try {
      server =
          DataServer.start(
              DataServerSettings.of(
                  new InetSocketAddress(InetAddress.getLoopbackAddress(), address.port()),
                  PeersFixture.CLUSTER,
                  null,
                  null),
              service,
              Map.of());
      return true;
    } catch (StorageException e) {
      return false;
    }
  }

  @Test
  void whereNobodyListensIsUnavailable() {
    server.close();
    assertFails(Kind.UNAVAILABLE, () -> peers.ask(address, FakePeerService.request(1), PATIENCE));
    assertFails(Kind.UNAVAILABLE, () -> peers.ping(address, PATIENCE));
  }
}
