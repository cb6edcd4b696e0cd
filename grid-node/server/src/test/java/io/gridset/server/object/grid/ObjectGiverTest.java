package io.gridset.server.object.grid;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.client.peer.BlockExchange;
import io.gridset.client.peer.BlockReply;
import io.gridset.client.peer.PeerAddress;
import io.gridset.client.peer.PeerClient;
import io.gridset.client.peer.PeerClientSettings;
import io.gridset.client.peer.Peers;
import io.gridset.client.trust.ClusterToken;
import io.gridset.client.trust.Credential;
import io.gridset.client.trust.ReaderClaims;
import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectStoreContract;
import io.gridset.core.object.TestingIpc;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import io.gridset.server.object.LocalObjectStore;
import io.gridset.server.object.ObjectRecord;
import io.gridset.server.object.ObjectStoreSettings;
import io.gridset.server.peer.DataServer;
import io.gridset.server.peer.DataServerSettings;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ObjectGiverTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final byte[] BYTES = TestingIpc.ofSize(1, 100_000);

  @TempDir private Path directory;

  private static Peers peers(Credential credential) {
    return new PeerClient(PeerClientSettings.of("c", credential, null), Ticker.system());
  }

  private static BlockReply ask(Peers peers, DataServer server, ObjectRecord object, byte[] into)
      throws StorageException {
    PeerAddress address = new PeerAddress("127.0.0.1", server.port());
    ByteBuffer target = ByteBuffer.wrap(into);
    try (BlockExchange exchange = peers.ask(address, ObjectRanges.request(object, 0), PATIENCE)) {
      BlockReply reply = exchange.next(PATIENCE);
      if (reply instanceof BlockReply.Coming) {
        exchange.receive(target::put, PATIENCE);
      }
      return reply;
    }
  }

  @Test
  void aReaderGetsNoObjectWhateverItsToken() throws Exception {
    ClusterToken secret = ClusterToken.of("a secret of 16 bytes or more", "test");
    try (LocalObjectStore store =
            LocalObjectStore.open(
                ObjectStoreSettings.inMemory(directory.resolve("objects"), 1 << 24, "n"));
        DataServer server =
            DataServer.start(
                DataServerSettings.of(new InetSocketAddress("127.0.0.1", 0), "c", secret, null),
                new ObjectGiver(store, new TestMembers.NoBlocks()),
                Map.of());
        Peers member = peers(secret.credential())) {
      ObjectInfo info = ObjectStoreContract.put(store, "object", BYTES);
      ObjectRecord object = new ObjectRecord(info, null);
      byte[] got = new byte[BYTES.length];
      assertThat(ask(member, server, object, got)).isInstanceOf(BlockReply.Coming.class);
      assertThat(got).isEqualTo(BYTES);
      for (String named : List.of("*", "gridset.objects", "default/object")) {
        String token = secret.readerToken(ReaderClaims.toRead(List.of(named), Instant.MAX));
        try (Peers reader = peers(Credential.ofReaderToken(token))) {
          assertThat(ask(reader, server, object, new byte[BYTES.length]))
              .isInstanceOfSatisfying(
                  BlockReply.Refused.class,
                  reply -> assertThat(reply.failure().kind()).isEqualTo(Kind.ACCESS_DENIED));
        }
      }
    }
  }
}
