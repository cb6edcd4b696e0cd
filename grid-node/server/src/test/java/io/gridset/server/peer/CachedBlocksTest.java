package io.gridset.server.peer;

import static io.gridset.server.peer.PeersFixture.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.client.peer.BlockExchange;
import io.gridset.client.peer.BlockReply;
import io.gridset.client.peer.BlockRequest;
import io.gridset.client.peer.Peers;
import io.gridset.client.peer.Presence;
import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.Admission;
import io.gridset.core.cache.BlockCache;
import io.gridset.core.cache.BlockLookup;
import io.gridset.core.cache.BlockWriter;
import io.gridset.core.cache.CachedFile;
import io.gridset.core.cache.Purpose;
import io.gridset.core.dataset.TierDefinition.Medium;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.cache.CacheSettings;
import io.gridset.server.cache.TieredBlockCache;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Blocks travel from one node's real cache into another's, and their checksums with them.
@Timeout(60)
class CachedBlocksTest {
  private static final int BLOCK_BYTES = 1 << 20;
  private static final long FILE_BYTES = 5L * BLOCK_BYTES + 12_345;

  /// Gives what a cache holds.
  private record FromCache(BlockCache cache) implements PeerService {
    @Override
    public Optional<HeldBlock> held(BlockRequest request) throws StorageException {
      try (CachedFile file = open(cache, request)) {
        return file.lookup(request.index(), 0, request.length()) instanceof BlockLookup.Hit hit
            ? Optional.of(new HeldBlock(hit.bytes(), file.crc32c(request.index()).orElseThrow()))
            : Optional.empty();
      }
    }

    @Override
    public boolean isComing(BlockRequest request) {
      return false;
    }

    @Override
    public HeldBlock bring(BlockRequest request) throws StorageException {
      throw StorageException.of(Kind.NOT_FOUND, "only what is cached");
    }

    @Override
    public Presence presence(FileVersion version) {
      return Presence.nothing();
    }
  }

  private static CachedFile open(BlockCache cache, BlockRequest request) throws StorageException {
    return cache.open(request.object().version(), request.layout(), "owner");
  }

  private static BlockRequest request(int index) {
    return new BlockRequest(
        FakePeerService.object("uid-1", FILE_BYTES),
        BLOCK_BYTES,
        index,
        BlockRequest.Mode.AS_HOME,
        "");
  }

  private static TieredBlockCache cache(Path directory) throws StorageException {
    return TieredBlockCache.open(
        new CacheSettings(
            List.of(new CacheSettings.Tier(Medium.SSD, directory, 64 << 20, 0.9, 0.6))),
        InstantSource.system());
  }

  @Test
  void aFileIsTakenOverBlockByBlockAndSealed(@TempDir Path here, @TempDir Path there)
      throws StorageException {
    try (TieredBlockCache held = cache(here.resolve("tier"));
        TieredBlockCache wanted = cache(there.resolve("tier"))) {
      int blocks = request(0).layout().blockCount();
      for (int i = 0; i < blocks; i++) {
        fill(held, request(i));
      }
      try (DataServer server =
              PeersFixture.start(PeersFixture.settings(null, null), new FromCache(held));
          Peers peers = PeersFixture.peers();
          CachedFile target = open(wanted, request(0))) {
        for (int i = 0; i < blocks; i++) {
          take(peers, server, target, request(i));
        }
        assertThat(target.sealed()).isPresent();
        PeersFixture.await(
            "the sends are counted", () -> server.statistics().bytesSent() == FILE_BYTES);
      }
      for (int i = 0; i < blocks; i++) {
        assertSame(wanted, request(i));
      }
    }
  }

  private static void fill(BlockCache cache, BlockRequest request) throws StorageException {
    try (CachedFile file = open(cache, request);
        BlockWriter writer = writer(file, request.index())) {
      writer.accept(ByteBuffer.wrap(FakePeerService.content(request)));
      writer.publish();
    }
  }

  private static BlockWriter writer(CachedFile file, int index) {
    return ((Admission.Admitted) file.admit(index, Purpose.HOME)).writer();
  }

  private static void take(Peers peers, DataServer server, CachedFile target, BlockRequest request)
      throws StorageException {
    try (BlockExchange exchange = peers.ask(PeersFixture.address(server), request, PATIENCE);
        BlockWriter writer = writer(target, request.index())) {
      BlockReply.Coming coming = (BlockReply.Coming) PeersFixture.reply(exchange);
      exchange.receive(writer, PATIENCE);
      assertThat(writer.crc32c()).isEqualTo(coming.crc32c());
      writer.publish();
    }
  }

  private static void assertSame(BlockCache cache, BlockRequest request) throws StorageException {
    try (CachedFile file = open(cache, request);
        var bytes = ((BlockLookup.Hit) file.lookup(request.index(), 0, request.length())).bytes()) {
      byte[] got = new byte[bytes.byteCount()];
      int at = 0;
      for (ByteBuffer part : bytes.buffers()) {
        int length = part.remaining();
        part.get(got, at, length);
        at += length;
      }
      assertThat(got).isEqualTo(FakePeerService.content(request));
    }
  }
}
