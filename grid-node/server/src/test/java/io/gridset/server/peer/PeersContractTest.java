package io.gridset.server.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.client.peer.BlockExchange;
import io.gridset.client.peer.BlockReply;
import io.gridset.client.peer.BlockRequest;
import io.gridset.client.peer.PeerAddress;
import io.gridset.client.peer.PeerClient;
import io.gridset.client.peer.PeerClientSettings;
import io.gridset.client.peer.Peers;
import io.gridset.client.trust.Credential;
import io.gridset.core.store.StorageException;
import io.gridset.core.unit.Ticker;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What one member asks another, over real sockets.
@Timeout(60)
class PeersContractTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final FakePeerService service = new FakePeerService();
  private DataServer server;
  private Peers peers;
  private PeerAddress address;

  @BeforeEach
  void start() throws StorageException {
    server =
        DataServer.start(
            DataServerSettings.of(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), "grid", null, null),
            service,
            Map.of("echo", (_, request) -> request));
    address = new PeerAddress("127.0.0.1", server.port());
    peers = new PeerClient(PeerClientSettings.of("grid", Credential.none(), null), Ticker.system());
  }

  @AfterEach
  void stop() {
    peers.close();
    server.close();
    assertThat(service.pinned.get()).isZero();
  }

  @Test
  void bytesOfAnySizeArriveWithTheirChecksum() throws StorageException {
    for (int bytes : new int[] {1, 2, 17, 4095, 4096, 65_537, 1 << 20, (4 << 20) - 1, 4 << 20}) {
      BlockRequest request = FakePeerService.request(bytes);
      assertThat(fetch(request)).isEqualTo(FakePeerService.content(request));
    }
    assertThat(server.statistics().connections()).isEqualTo(1);
    assertThat(server.statistics().blocksSent()).isEqualTo(9);
  }

  private byte[] fetch(BlockRequest request) throws StorageException {
    try (BlockExchange exchange = peers.ask(address, request, PATIENCE)) {
      BlockReply reply = exchange.next(PATIENCE);
      while (reply instanceof BlockReply.AtIt) {
        reply = exchange.next(PATIENCE);
      }
      BlockReply.Coming coming = (BlockReply.Coming) reply;
      ByteArrayOutputStream got = new ByteArrayOutputStream();
      exchange.receive(
          bytes -> {
            byte[] part = new byte[bytes.remaining()];
            bytes.get(part);
            got.writeBytes(part);
          },
          PATIENCE);
      assertThat(coming.crc32c()).isEqualTo(FakePeerService.crc(got.toByteArray()));
      return got.toByteArray();
    }
  }

  @Test
  void smallQuestionsAreAnswered() throws StorageException {
    peers.ping(address, PATIENCE);
    var presence = peers.presence(address, FakePeerService.object("u", 5).version(), PATIENCE);
    assertThat(presence.present().cardinality()).isEqualTo(4);
    assertThat(presence.coming().get(9000)).isTrue();
    byte[] large = new byte[1 << 20];
    assertThat(peers.call(address, "echo", large, PATIENCE)).isEqualTo(large);
    assertThat(peers.call(address, "echo", new byte[0], PATIENCE)).isEmpty();
  }
}
