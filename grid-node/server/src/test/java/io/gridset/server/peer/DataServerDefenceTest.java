package io.gridset.server.peer;

import static io.gridset.server.peer.PeersFixture.CLUSTER;
import static io.gridset.server.peer.PeersFixture.PATIENCE;
import static io.gridset.server.peer.PeersFixture.address;
import static io.gridset.server.peer.PeersFixture.assertFails;
import static io.gridset.server.peer.PeersFixture.await;
import static io.gridset.server.peer.PeersFixture.fetch;
import static io.gridset.server.peer.PeersFixture.peers;
import static io.gridset.server.peer.PeersFixture.settings;
import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.client.peer.BlockExchange;
import io.gridset.client.peer.BlockReply;
import io.gridset.client.peer.BlockRequest;
import io.gridset.client.peer.PeerClient;
import io.gridset.client.peer.PeerClientSettings;
import io.gridset.client.peer.Peers;
import io.gridset.client.trust.ClusterToken;
import io.gridset.client.trust.Credential;
import io.gridset.client.trust.CredentialFile;
import io.gridset.client.trust.ReaderClaims;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import io.gridset.server.peer.DataServerSettings.Limits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Whom a data server lets in, and what it bears from those who misbehave.
@Timeout(60)
class DataServerDefenceTest {
  private static final String SECRET = "0123456789abcdef0123456789abcdef";
  private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");

  private final FakePeerService service = new FakePeerService();

  private static ClusterToken token(String secret) throws StorageException {
    return ClusterToken.of(secret, "a test");
  }

  private static Limits limits(int connections, int loads, Duration stall) {
    return new Limits(connections, loads, stall, Duration.ofMillis(20), PATIENCE);
  }

  @Test
  void onlyThoseWhoKnowTheClustersSecretComeIn() throws StorageException {
    ClusterToken secret = token(SECRET);
    try (DataServer server = PeersFixture.start(settings(secret, null), service);
        Peers member = peers(secret.credential(), null);
        Peers stranger = peers(token("another secret 0123456789").credential(), null);
        Peers nobody = peers()) {
      fetch(member, address(server), FakePeerService.request(10));
      for (Peers wrong : List.of(stranger, nobody)) {
        assertFails(Kind.ACCESS_DENIED, () -> wrong.ping(address(server), PATIENCE));
        assertFails(
            Kind.ACCESS_DENIED,
            () -> wrong.ask(address(server), FakePeerService.request(10), PATIENCE));
      }
      await("only one was served", () -> server.statistics().blocksSent() == 1);
    }
  }

  @Test
  void aMemberIsNotFooledByOneThatDoesNotKnowTheSecret() throws StorageException {
    try (DataServer impostor = PeersFixture.start(settings(null, null), service);
        Peers member = peers(token(SECRET).credential(), null)) {
      assertFails(Kind.ACCESS_DENIED, () -> member.ping(address(impostor), PATIENCE));
    }
  }

  @Test
  void anotherClustersMembersAreRefused() throws StorageException {
    try (DataServer server = PeersFixture.start(settings(null, null), service);
        Peers other =
            new PeerClient(
                PeerClientSettings.of("another", Credential.none(), null), Ticker.system())) {
      assertFails(Kind.ACCESS_DENIED, () -> other.ping(address(server), PATIENCE));
    }
  }

  @Test
  void aReaderReadsTheDatasetsOfItsTokenUntilItExpires() throws StorageException {
    service.names.put("uid-1", new DatasetName("team", "models"));
    service.names.put("uid-2", new DatasetName("team", "secrets"));
    ClusterToken secret = token(SECRET);
    AtomicReference<Instant> clock = new AtomicReference<>(NOW);
    String text =
        secret.readerToken(ReaderClaims.toRead(List.of("team/models"), NOW.plusSeconds(60)));
    BlockRequest other =
        new BlockRequest(
            FakePeerService.object("uid-2", 10),
            FakePeerService.BLOCK_BYTES,
            0,
            BlockRequest.Mode.AS_HOME,
            "");
    BlockRequest unknown =
        new BlockRequest(
            FakePeerService.object("uid-3", 10),
            FakePeerService.BLOCK_BYTES,
            0,
            BlockRequest.Mode.AS_HOME,
            "");
    try (DataServer server = PeersFixture.start(settings(secret, null), service, clock::get);
        Peers reader = peers(Credential.ofReaderToken(text), null)) {
      fetch(reader, address(server), FakePeerService.request(10));
      assertRefused(reader, server, other);
      assertRefused(reader, server, unknown);
      assertFails(
          Kind.ACCESS_DENIED,
          () -> reader.presence(address(server), other.object().version(), PATIENCE));
      fetch(reader, address(server), FakePeerService.request(10));
      clock.set(NOW.plusSeconds(60));
      assertFails(Kind.ACCESS_DENIED, () -> reader.ping(address(server), PATIENCE));
      assertFails(
          Kind.ACCESS_DENIED, () -> fetch(reader, address(server), FakePeerService.request(10)));
    }
  }

  @Test
  void aReaderGoesOnWithATokenThatIsRenewedInItsFile(@TempDir Path directory) throws Exception {
    service.names.put("uid-1", new DatasetName("team", "models"));
    ClusterToken secret = token(SECRET);
    AtomicReference<Instant> clock = new AtomicReference<>(NOW);
    AtomicLong nanos = new AtomicLong();
    Path file = directory.resolve("reader");
    Files.writeString(file, reading(secret, NOW.plusSeconds(60)));
    CredentialFile renewed = CredentialFile.open(file, nanos::get);
    try (DataServer server = PeersFixture.start(settings(secret, null), service, clock::get);
        Peers reader =
            new PeerClient(PeerClientSettings.renewing(CLUSTER, renewed, null), Ticker.system())) {
      fetch(reader, address(server), FakePeerService.request(10));
      Files.writeString(file, reading(secret, NOW.plusSeconds(120)));
      nanos.addAndGet(Duration.ofSeconds(5).toNanos());
      clock.set(NOW.plusSeconds(60)); // The connection is open still, of a token that has expired.
      fetch(reader, address(server), FakePeerService.request(10));
      Files.writeString(file, "half a tok");
      nanos.addAndGet(Duration.ofSeconds(5).toNanos());
      fetch(reader, address(server), FakePeerService.request(10));
      clock.set(NOW.plusSeconds(120));
      assertFails(Kind.ACCESS_DENIED, () -> reader.ping(address(server), PATIENCE));
    }
  }

  private static String reading(ClusterToken secret, Instant expires) {
    return secret.readerToken(ReaderClaims.toRead(List.of("team/models"), expires));
  }

  private static void assertRefused(Peers reader, DataServer server, BlockRequest request)
      throws StorageException {
    try (BlockExchange exchange = reader.ask(address(server), request, PATIENCE)) {
      assertThat(exchange.next(PATIENCE))
          .isInstanceOfSatisfying(
              BlockReply.Refused.class,
              refused -> assertThat(refused.failure().kind()).isEqualTo(Kind.ACCESS_DENIED));
    }
  }

  @Test
  void aReaderTokenWhoseClaimsWereChangedIsRefused() throws StorageException {
    ClusterToken secret = token(SECRET);
    String one = secret.readerToken(ReaderClaims.toRead(List.of("team/a"), Instant.MAX));
    String all = secret.readerToken(ReaderClaims.toRead(List.of("*"), Instant.MAX));
    String forged =
        token("another secret 0123456789")
            .readerToken(ReaderClaims.toRead(List.of("*"), Instant.MAX));
    String mixed = all.substring(0, all.lastIndexOf('.')) + one.substring(one.lastIndexOf('.'));
    try (DataServer server = PeersFixture.start(settings(secret, null), service);
        Peers genuine = peers(Credential.ofReaderToken(all), null)) {
      fetch(genuine, address(server), FakePeerService.request(10));
      for (String text : List.of(mixed, forged)) {
        try (Peers wrong = peers(Credential.ofReaderToken(text), null)) {
          assertFails(Kind.ACCESS_DENIED, () -> wrong.ping(address(server), PATIENCE));
        }
      }
    }
    assertFails(Kind.INVALID, () -> Credential.ofReaderToken("gst1.x"));
    assertFails(Kind.INVALID, () -> Credential.ofReaderToken("secret"));
    assertFails(Kind.INVALID, () -> token("short"));
  }

  @Test
  void withoutATokenItListensOnTheLoopbackDeviceOnly() {
    DataServerSettings open =
        DataServerSettings.of(new InetSocketAddress("0.0.0.0", 0), CLUSTER, null, null);
    assertFails(Kind.INVALID, () -> DataServer.start(open, service, Map.of()));
  }

  @Test
  void garbageIsAnsweredWithAHangUpAndHarmsNobody() throws IOException {
    try (DataServer server = PeersFixture.start(settings(null, null), service);
        Peers member = peers()) {
      for (String text : List.of("GET / HTTP/1.1\r\n\r\n", "\0\0\0\1\1", "\u007f\u007f\u007f")) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
          socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
          socket.shutdownOutput();
          socket.setSoTimeout(20_000);
          byte[] last = socket.getInputStream().readAllBytes();
          assertThat(last.length).isLessThan(1000);
        }
      }
      fetch(member, address(server), FakePeerService.request(10));
      await("the others are gone", () -> server.statistics().connections() == 1);
    }
  }

  @Test
  void aReceiverThatTakesNothingIsCutOffAndItsBlockLetGo() throws StorageException {
    service.blockBytes = 64 << 20;
    BlockRequest large =
        new BlockRequest(
            FakePeerService.object("uid-1", 64 << 20), 64 << 20, 0, BlockRequest.Mode.AS_HOME, "");
    try (DataServer server =
            PeersFixture.start(settings(limits(8, 8, Duration.ofMillis(200))), service);
        Peers peers = peers();
        BlockExchange exchange = peers.ask(address(server), large, PATIENCE)) {
      assertThat(exchange.next(PATIENCE)).isInstanceOf(BlockReply.Coming.class);
      await("it is cut off", () -> server.statistics().cutOff() == 1);
      await("the block is let go", () -> service.pinned.get() == 0);
      assertFails(
          Kind.UNAVAILABLE,
          () -> exchange.receive(bytes -> bytes.position(bytes.limit()), PATIENCE));
    }
  }

  @Test
  void whoComesLateForAHotBlockWaitsAndIsSentToTheFirstWhoHasGotIt() throws StorageException {
    service.blockBytes = 64 << 20;
    List<BlockExchange> first = new ArrayList<>();
    try (DataServer server =
            PeersFixture.start(settings(limits(16, 8, Duration.ofMinutes(10))), service);
        Peers peers = peers()) {
      for (int i = 0; i < BlockSends.AT_ONCE; i++) {
        BlockExchange exchange = peers.ask(address(server), hot("member-" + i), PATIENCE);
        first.add(exchange);
        assertThat(exchange.next(PATIENCE)).isInstanceOf(BlockReply.Coming.class);
      }
      try (BlockExchange late = peers.ask(address(server), hot("late"), PATIENCE)) {
        assertThat(late.next(PATIENCE)).isInstanceOf(BlockReply.AtIt.class);
        first.getFirst().receive(bytes -> bytes.position(bytes.limit()), PATIENCE);
        first.getFirst().close();
        assertThat(PeersFixture.reply(late)).isEqualTo(new BlockReply.Elsewhere("member-0"));
      }
      first.forEach(BlockExchange::close);
    }
    await("nothing is held", () -> service.pinned.get() == 0);
  }

  private static BlockRequest hot(String copyAt) {
    return new BlockRequest(
        FakePeerService.object("uid-1", 64 << 20), 64 << 20, 0, BlockRequest.Mode.AS_HOME, copyAt);
  }

  @Test
  void moreConnectionsThanTheLimitAreToldSoAndLaterOnesComeIn() throws StorageException {
    service.cold = true;
    service.gate = new CountDownLatch(1);
    List<BlockExchange> open = new ArrayList<>();
    try (DataServer server = PeersFixture.start(settings(limits(3, 8, PATIENCE)), service);
        Peers peers = peers()) {
      for (int i = 0; i < 3; i++) {
        open.add(peers.ask(address(server), FakePeerService.request(10), PATIENCE));
      }
      assertFails(
          Kind.THROTTLED, () -> peers.ask(address(server), FakePeerService.request(10), PATIENCE));
      open.forEach(BlockExchange::close);
      service.gate.countDown();
      await("they are gone", () -> server.statistics().connections() == 0);
      fetch(peers, address(server), FakePeerService.request(10));
    }
  }

  @Test
  void whoFindsAllPlacesTakenWaitsWithSignsOfLifeAndWhoJoinsALoadNeedsNone()
      throws StorageException {
    service.cold = true;
    service.coming = true;
    service.gate = new CountDownLatch(1);
    try (DataServer server = PeersFixture.start(settings(limits(8, 1, PATIENCE)), service);
        Peers peers = peers();
        BlockExchange first = peers.ask(address(server), FakePeerService.request(10), PATIENCE)) {
      assertThat(first.next(PATIENCE)).isInstanceOf(BlockReply.AtIt.class);
      BlockRequest join = FakePeerService.request(12, BlockRequest.Mode.IF_HELD, "");
      try (BlockExchange second =
              peers.ask(address(server), FakePeerService.request(11), PATIENCE);
          BlockExchange joined = peers.ask(address(server), join, PATIENCE)) {
        for (int i = 0; i < 5; i++) {
          assertThat(second.next(PATIENCE)).isInstanceOf(BlockReply.AtIt.class);
        }
        await("who joins is at it", () -> server.statistics().waiting() == 2);
        service.gate.countDown();
        assertThat(PeersFixture.reply(joined)).isInstanceOf(BlockReply.Coming.class);
        assertThat(PeersFixture.receive(joined)).hasSize(12);
        assertThat(PeersFixture.reply(first)).isInstanceOf(BlockReply.Coming.class);
        assertThat(PeersFixture.receive(first)).hasSize(10);
        assertThat(PeersFixture.reply(second)).isInstanceOf(BlockReply.Coming.class);
        assertThat(PeersFixture.receive(second)).hasSize(11);
      }
    }
  }

  @Test
  void closedUnderLoadItLeavesNoDescriptorThreadOrPinBehind() throws Exception {
    fetchOnce();
    int before = descriptors();
    AtomicBoolean going = new AtomicBoolean(true);
    CountDownLatch busy = new CountDownLatch(40);
    DataServer server = PeersFixture.start(settings(null, null), service);
    try (Peers peers = peers();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 1; i <= 8; i++) {
        BlockRequest request = FakePeerService.request(i * 100_000);
        threads.execute(
            () -> {
              while (going.get()) {
                try {
                  fetch(peers, address(server), request);
                  busy.countDown();
                } catch (StorageException | IllegalStateException e) {
                  going.set(false);
                }
              }
            });
      }
      busy.await();
      server.close();
      await("its end is noticed", () -> !going.get());
    }
    assertThat(server.statistics().connections()).isZero();
    await("nothing is held", () -> service.pinned.get() == 0);
    await("descriptors are closed", () -> descriptors() <= before);
    await(
        "threads have ended",
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().endsWith("-deadlines")));
  }

  /// So that what the runtime opens at first use is open.
  private void fetchOnce() throws StorageException {
    try (DataServer server = PeersFixture.start(settings(null, null), service);
        Peers peers = peers()) {
      fetch(peers, address(server), FakePeerService.request(10));
    }
  }

  private static int descriptors() {
    try (var open = Files.list(Path.of("/proc/self/fd"))) {
      return (int) open.count();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
