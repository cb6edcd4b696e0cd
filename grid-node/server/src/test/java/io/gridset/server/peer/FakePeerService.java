package io.gridset.server.peer;

import io.gridset.client.peer.BlockRequest;
import io.gridset.client.peer.ObjectLocator;
import io.gridset.client.peer.Presence;
import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32C;

/// Blocks made of their number, held in direct buffers; counts what is pinned.
final class FakePeerService implements PeerService {
  static final int BLOCK_BYTES = 4 << 20;

  /// Blocks of which nothing is here before they are brought.
  volatile boolean cold;

  /// While it is closed, `bring` waits.
  volatile CountDownLatch gate = new CountDownLatch(0);

  volatile int blockBytes = BLOCK_BYTES;
  volatile boolean coming;
  volatile int crcError;
  final AtomicInteger pinned = new AtomicInteger();
  final AtomicInteger brought = new AtomicInteger();
  final Map<String, DatasetName> names = new ConcurrentHashMap<>();

  static BlockRequest request(int bytes, BlockRequest.Mode mode, String copyAt) {
    return new BlockRequest(object("uid-1", bytes), BLOCK_BYTES, 0, mode, copyAt);
  }

  static BlockRequest request(int bytes) {
    return request(bytes, BlockRequest.Mode.AS_HOME, "");
  }

  static ObjectLocator object(String uid, long bytes) {
    return new ObjectLocator(
        uid, "data", "a/b.bin", new ObjectIdentity(bytes, null, "\"" + bytes + "\""));
  }

  /// What a block holds.
  static byte[] content(BlockRequest request) {
    byte[] bytes = new byte[request.length()];
    new Random(request.length() * 31L + request.index()).nextBytes(bytes);
    return bytes;
  }

  static int crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  @Override
  public Optional<HeldBlock> held(BlockRequest request) throws StorageException {
    if (request.blockBytes() != blockBytes && request.blockBytes() != BLOCK_BYTES) {
      throw StorageException.of(Kind.INVALID, "another block size");
    }
    return cold ? Optional.empty() : Optional.of(block(request));
  }

  private HeldBlock block(BlockRequest request) {
    byte[] content = content(request);
    pinned.incrementAndGet();
    return new HeldBlock(new Pinned(content), crc(content) + crcError);
  }

  @Override
  public boolean isComing(BlockRequest request) {
    return coming;
  }

  @Override
  public HeldBlock bring(BlockRequest request) throws StorageException {
    try {
      gate.await();
    } catch (InterruptedException e) {
      throw StorageException.of(Kind.CANCELLED, "interrupted", e);
    }
    brought.incrementAndGet();
    if (request.object().storePath().equals("missing")) {
      throw StorageException.of(Kind.NOT_FOUND, "no such object");
    }
    return block(request);
  }

  @Override
  public Presence presence(FileVersion version) {
    Presence presence = Presence.nothing();
    presence.present().set(3, 7);
    presence.coming().set(9000);
    return presence;
  }

  @Override
  public Optional<DatasetName> datasetName(String uid) {
    return Optional.ofNullable(names.get(uid));
  }

  /// In two parts, as a range over two windows would be.
  private final class Pinned implements PinnedBytes {
    private final List<ByteBuffer> parts = new ArrayList<>();
    private final int byteCount;
    private final AtomicBoolean closed = new AtomicBoolean();

    Pinned(byte[] content) {
      byteCount = content.length;
      ByteBuffer all = ByteBuffer.allocateDirect(content.length).put(content).flip();
      int half = content.length / 2;
      parts.add(all.slice(0, half).asReadOnlyBuffer());
      parts.add(all.slice(half, content.length - half).asReadOnlyBuffer());
    }

    @Override
    public List<ByteBuffer> buffers() {
      return parts.stream().map(ByteBuffer::duplicate).toList();
    }

    @Override
    public int byteCount() {
      return byteCount;
    }

    @Override
    public void close() {
      if (closed.compareAndSet(false, true)) {
        pinned.decrementAndGet();
      }
    }
  }
}
