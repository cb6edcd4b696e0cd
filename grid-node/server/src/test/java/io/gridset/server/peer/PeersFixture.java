package io.gridset.server.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.client.peer.BlockExchange;
import io.gridset.client.peer.BlockReply;
import io.gridset.client.peer.BlockRequest;
import io.gridset.client.peer.PeerAddress;
import io.gridset.client.peer.PeerClient;
import io.gridset.client.peer.PeerClientSettings;
import io.gridset.client.peer.Peers;
import io.gridset.client.trust.ClusterToken;
import io.gridset.client.trust.Credential;
import io.gridset.client.trust.PeerTls;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import io.gridset.server.peer.DataServerSettings.Limits;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;

/// A data server on a free port, and what asks it.
final class PeersFixture {
  static final Duration PATIENCE = Duration.ofSeconds(20);
  static final String CLUSTER = "grid";

  private PeersFixture() {}

  static DataServerSettings settings(@Nullable ClusterToken token, @Nullable PeerTls tls) {
    return DataServerSettings.of(anyPort(), CLUSTER, token, tls);
  }

  static DataServerSettings settings(Limits limits) {
    return new DataServerSettings(anyPort(), CLUSTER, null, null, limits);
  }

  private static InetSocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  static DataServer start(DataServerSettings settings, PeerService service)
      throws StorageException {
    return start(settings, service, InstantSource.system());
  }

  static DataServer start(DataServerSettings settings, PeerService service, InstantSource clock)
      throws StorageException {
    return DataServer.start(
        settings,
        service,
        Map.of("echo", (_, request) -> request),
        new DataServer.Seams(Ticker.system(), clock));
  }

  static PeerAddress address(DataServer server) {
    return new PeerAddress("127.0.0.1", server.port());
  }

  static Peers peers(Credential credential, @Nullable PeerTls tls) {
    return new PeerClient(PeerClientSettings.of(CLUSTER, credential, tls), Ticker.system());
  }

  static Peers peers() {
    return peers(Credential.none(), null);
  }

  /// The next reply that is more than a sign of life.
  static BlockReply reply(BlockExchange exchange) throws StorageException {
    BlockReply reply = exchange.next(PATIENCE);
    while (reply instanceof BlockReply.AtIt) {
      reply = exchange.next(PATIENCE);
    }
    return reply;
  }

  static byte[] receive(BlockExchange exchange) throws StorageException {
    ByteArrayOutputStream got = new ByteArrayOutputStream();
    exchange.receive(
        bytes -> {
          byte[] part = new byte[bytes.remaining()];
          bytes.get(part);
          got.writeBytes(part);
        },
        PATIENCE);
    return got.toByteArray();
  }

  /// Asks and expects the right bytes with their checksum.
  static void fetch(Peers peers, PeerAddress address, BlockRequest request)
      throws StorageException {
    try (BlockExchange exchange = peers.ask(address, request, PATIENCE)) {
      BlockReply reply = reply(exchange);
      assertThat(reply).isInstanceOf(BlockReply.Coming.class);
      byte[] got = receive(exchange);
      assertThat(got).isEqualTo(FakePeerService.content(request));
      assertThat(((BlockReply.Coming) reply).crc32c()).isEqualTo(FakePeerService.crc(got));
    }
  }

  static void assertFails(Kind kind, ThrowingCallable call) {
    assertThat(org.assertj.core.api.Assertions.catchThrowableOfType(StorageException.class, call))
        .isNotNull()
        .satisfies(e -> assertThat(e.kind()).as(e.getMessage()).isEqualTo(kind));
  }

  static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - end).as("waiting until " + what).isNegative();
      LockSupport.parkNanos(5_000_000);
    }
  }
}
