package io.gridset.core.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.core.block.BlockLayout;
import io.gridset.core.block.ByteRange;
import io.gridset.core.block.FileVersion;
import io.gridset.core.store.StorageException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// What every block cache must do. An implementation's test extends it and makes an empty cache
/// with room for at least 1 MiB.
public abstract class BlockCacheContract {
  private static final int BLOCK = 4096;
  private static final String OWNER = "uid-1";

  protected abstract BlockCache newCache() throws Exception;

  @Test
  void aPublishedBlockIsServedInEverySubRange() throws Exception {
    try (BlockCache cache = newCache();
        CachedFile file = cache.open(version("a"), new BlockLayout(10_000, BLOCK), OWNER)) {
      assertThat(file.lookup(1, 0, BLOCK)).isInstanceOf(BlockLookup.Miss.class);
      assertThat(cache.presentBlocks(version("a")).isEmpty()).isTrue();
      fill(file, 1);
      assertThat(cache.presentBlocks(version("a")).stream()).containsExactly(1);
      assertThat(file.isPresent(1)).isTrue();
      assertThat(file.isPresent(0)).isFalse();
      assertThat(read(file, 1, 0, BLOCK)).isEqualTo(content(file, 1, 0, BLOCK));
      assertThat(read(file, 1, 17, 1000)).isEqualTo(content(file, 1, 17, 1000));
      assertThat(read(file, 1, BLOCK, 0)).isEmpty();
      assertThat(file.presentBytes()).isEqualTo(BLOCK).isEqualTo(cache.presentBytes(version("a")));
      assertThat(cache.presentBytesOf(OWNER)).isEqualTo(BLOCK);
      assertThat(cache.homeBytesOf(OWNER)).as("alone, all is at home").isEqualTo(BLOCK);
      assertThat(cache.presentBlocks(version("a")).stream()).containsExactly(1);
      assertThat(cache.presentBlocks(version("b")).stream()).isEmpty();
    }
  }

  @Test
  void theViewsAreDirectAndReadOnly() throws Exception {
    try (BlockCache cache = newCache();
        CachedFile file = cache.open(version("a"), new BlockLayout(BLOCK, BLOCK), OWNER)) {
      fill(file, 0);
      try (PinnedBytes bytes = ((BlockLookup.Hit) file.lookup(0, 0, BLOCK)).bytes()) {
        assertThat(bytes.byteCount()).isEqualTo(BLOCK);
        assertThat(bytes.buffers()).allMatch(ByteBuffer::isDirect).allMatch(ByteBuffer::isReadOnly);
        bytes.close();
      }
    }
  }

  @Test
  void anUnpublishedBlockIsNeverSeen() throws Exception {
    try (BlockCache cache = newCache();
        CachedFile file = cache.open(version("a"), new BlockLayout(2 * BLOCK, BLOCK), OWNER)) {
      try (BlockWriter writer = admit(file, 0)) {
        writer.accept(ByteBuffer.wrap(content(file, 0, 0, BLOCK)));
        assertThat(writer.writtenBytes()).isEqualTo(BLOCK);
        assertThat(file.isPresent(0)).isFalse();
        assertThat(file.lookup(0, 0, 1)).isInstanceOf(BlockLookup.Miss.class);
      }
      assertThat(file.lookup(0, 0, 1)).isInstanceOf(BlockLookup.Miss.class);
      assertThat(cache.usage().usedBytes()).isZero();
      fill(file, 0);
      assertThat(read(file, 0, 0, BLOCK)).isEqualTo(content(file, 0, 0, BLOCK));
    }
  }

  @Test
  void aBlockOfTheWrongLengthIsRefused() throws Exception {
    try (BlockCache cache = newCache();
        CachedFile file = cache.open(version("a"), new BlockLayout(BLOCK, BLOCK), OWNER);
        BlockWriter writer = admit(file, 0)) {
      writer.accept(ByteBuffer.allocateDirect(BLOCK - 1));
      assertThatThrownBy(writer::publish)
          .isInstanceOfSatisfying(
              StorageException.class,
              e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.CORRUPT));
      assertThatThrownBy(() -> writer.accept(ByteBuffer.allocateDirect(2)))
          .isInstanceOf(StorageException.class);
      assertThat(file.isPresent(0)).isFalse();
    }
  }

  @Test
  void theLastBlockSealsTheFileAndTellsListeners() throws Exception {
    List<FileVersion> told = new ArrayList<>();
    try (BlockCache cache = newCache();
        AutoCloseable listening = cache.onSealChange(told::add);
        CachedFile file = cache.open(version("a"), new BlockLayout(9_000, BLOCK), OWNER)) {
      fill(file, 2);
      fill(file, 0);
      assertThat(file.sealed()).isEmpty();
      assertThat(told).isEmpty();
      fill(file, 1);
      SealedFile sealed = file.sealed().orElseThrow();
      assertThat(sealed.path()).isReadable().hasSize(9_000);
      assertThat(told).containsExactly(version("a"));
      assertThat(file.admit(1)).isInstanceOf(Admission.AlreadyPresent.class);
      listening.close();
    }
  }

  @Test
  void anEmptyFileIsSealedAtOnce() throws Exception {
    try (BlockCache cache = newCache();
        CachedFile file = cache.open(version("empty"), new BlockLayout(0, BLOCK), OWNER)) {
      assertThat(file.sealed().orElseThrow().path()).isEmptyFile();
    }
  }

  @Test
  void anotherLayoutOfAKnownVersionIsInvalid() throws Exception {
    try (BlockCache cache = newCache();
        CachedFile file = cache.open(version("a"), new BlockLayout(BLOCK, BLOCK), OWNER)) {
      fill(file, 0);
      assertThatThrownBy(() -> cache.open(version("a"), new BlockLayout(BLOCK + 1, BLOCK), OWNER))
          .isInstanceOfSatisfying(
              StorageException.class,
              e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.INVALID));
    }
  }

  @Test
  void aFileInUseIsNotEvictedAndAnIdleOneIs() throws Exception {
    try (BlockCache cache = newCache()) {
      CachedFile file = cache.open(version("a"), new BlockLayout(BLOCK, BLOCK), OWNER);
      fill(file, 0);
      assertThat(cache.evict(version("a"))).isZero();
      assertThat(read(file, 0, 0, BLOCK)).isEqualTo(content(file, 0, 0, BLOCK));
      file.close();
      file.close();
      assertThat(cache.presentBytes(version("a"))).isEqualTo(BLOCK);
      assertThat(cache.evict(version("a"))).isEqualTo(BLOCK);
      assertThat(cache.presentBytes(version("a"))).isZero();
      assertThat(cache.usage().usedBytes()).isZero();
    }
  }

  @Test
  void evictingAllOfAnOwnerLeavesItsReadersTheirBytes() throws Exception {
    try (BlockCache cache = newCache();
        CachedFile other = cache.open(version("b"), new BlockLayout(BLOCK, BLOCK), "uid-2")) {
      fill(other, 0);
      CachedFile file = cache.open(version("a"), new BlockLayout(BLOCK, BLOCK), OWNER);
      fill(file, 0);
      cache.evictAll(OWNER);
      assertThat(cache.presentBytesOf(OWNER)).isZero();
      assertThat(cache.presentBytes(version("a"))).isZero();
      assertThat(read(file, 0, 0, BLOCK)).isEqualTo(content(file, 0, 0, BLOCK));
      try (CachedFile again = cache.open(version("a"), new BlockLayout(BLOCK, BLOCK), OWNER)) {
        assertThat(again.isPresent(0)).isFalse();
        fill(again, 0);
      }
      assertThat(cache.usage().usedBytes()).isEqualTo(3 * BLOCK);
      file.close();
      assertThat(cache.usage().usedBytes()).isEqualTo(2 * BLOCK);
      assertThat(cache.presentBytesOf("uid-2")).isEqualTo(BLOCK);
    }
  }

  @Test
  void pinnedBytesOutliveTheHandle() throws Exception {
    try (BlockCache cache = newCache()) {
      CachedFile file = cache.open(version("a"), new BlockLayout(BLOCK, BLOCK), OWNER);
      fill(file, 0);
      byte[] expected = content(file, 0, 0, BLOCK);
      PinnedBytes bytes = ((BlockLookup.Hit) file.lookup(0, 0, BLOCK)).bytes();
      file.close();
      assertThat(cache.evict(version("a"))).isZero();
      byte[] seen = new byte[BLOCK];
      bytes.buffers().getFirst().get(seen);
      assertThat(seen).isEqualTo(expected);
      bytes.close();
      assertThat(cache.evict(version("a"))).isEqualTo(BLOCK);
    }
  }

  /// A version for a name.
  public static FileVersion version(String name) {
    return FileVersion.of("uid", "mount", name, "etag:1");
  }

  /// Fills one block with [#content].
  public static void fill(CachedFile file, int block) throws StorageException {
    try (BlockWriter writer = admit(file, block)) {
      ByteBuffer bytes = ByteBuffer.allocateDirect((int) file.layout().range(block).length());
      bytes.put(content(file, block, 0, bytes.capacity())).flip();
      while (bytes.hasRemaining()) {
        int step = Math.min(bytes.remaining(), 100_000);
        writer.accept(bytes.slice(bytes.position(), step));
        bytes.position(bytes.position() + step);
      }
      writer.publish();
    }
  }

  /// Takes a writer that must be granted.
  public static BlockWriter admit(CachedFile file, int block) {
    return switch (file.admit(block)) {
      case Admission.Admitted(var writer) -> writer;
      case Admission.Declined(var reason) -> throw new AssertionError("declined: " + reason);
      case Admission.AlreadyPresent _ -> throw new AssertionError("already present");
    };
  }

  /// Reads part of a block that must be there.
  public static byte[] read(CachedFile file, int block, int offset, int length) {
    return switch (file.lookup(block, offset, length)) {
      case BlockLookup.Miss _ -> throw new AssertionError("block " + block + " is not there");
      case BlockLookup.Hit(var bytes) -> {
        try (bytes) {
          ByteBuffer copy = ByteBuffer.allocate(bytes.byteCount());
          bytes.buffers().forEach(copy::put);
          yield copy.array();
        }
      }
    };
  }

  /// The bytes that belong in a range of a block: random, of the version and the block's number.
  public static byte[] content(CachedFile file, int block, int offset, int length) {
    ByteRange range = file.layout().range(block);
    long seed = Long.parseUnsignedLong(file.version().id(), 0, 16, 16) + block;
    byte[] all = new byte[(int) range.length()];
    new SplittableRandom(seed).nextBytes(all);
    byte[] part = new byte[length];
    System.arraycopy(all, offset, part, 0, length);
    return part;
  }
}
