package io.gridset.server.read;

import io.gridset.core.block.BlockKey;
import io.gridset.core.block.BlockLayout;
import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.Admission;
import io.gridset.core.cache.BlockCache;
import io.gridset.core.cache.BlockLookup;
import io.gridset.core.cache.BlockWriter;
import io.gridset.core.cache.CacheUsage;
import io.gridset.core.cache.CachedFile;
import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.cache.Purpose;
import io.gridset.core.cache.SealedFile;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/// A block cache in direct memory. Evicted blocks are overwritten once nobody pins them, so that a
/// reader who uses them later sees wrong bytes. One lock; made for tests.
public final class MemoryBlockCache implements BlockCache {
  private static final byte POISON = (byte) 0xEE;

  private final long quota;
  private final Map<FileVersion, Place> places = new LinkedHashMap<>(16, 0.75f, true);
  private final List<Consumer<FileVersion>> listeners = new CopyOnWriteArrayList<>();
  private long used;
  private long evicted;
  private long incarnations;
  public volatile boolean declines;

  /// What was asked for as a replica, by a load before or after it came.
  public final Set<BlockKey> replicas = ConcurrentHashMap.newKeySet();

  /// Takes blocks, and finds no space while they are written.
  public volatile boolean full;

  public volatile boolean closed;

  private static final class Block {
    final ByteBuffer bytes;
    boolean published;
    boolean dropped;
    int pins;

    Block(int length) {
      bytes = ByteBuffer.allocateDirect(length);
    }

    void poisonIfFree() {
      for (int i = 0; dropped && pins == 0 && i < bytes.capacity(); i++) {
        bytes.put(i, POISON);
      }
    }
  }

  private static final class Place {
    final FileVersion version;
    final BlockLayout layout;
    final String owner;
    final long incarnation;
    final Block[] blocks;
    int opens;

    Place(FileVersion version, BlockLayout layout, String owner, long incarnation) {
      this.version = version;
      this.layout = layout;
      this.owner = owner;
      this.incarnation = incarnation;
      blocks = new Block[layout.blockCount()];
    }

    boolean has(int block) {
      return blocks[block] != null && blocks[block].published;
    }

    long present() {
      long bytes = 0;
      for (int i = 0; i < blocks.length; i++) {
        bytes += has(i) ? layout.range(i).length() : 0;
      }
      return bytes;
    }

    boolean sealed() {
      return present() == layout.fileBytes();
    }
  }

  public MemoryBlockCache(long quota) {
    this.quota = quota;
  }

  @Override
  public synchronized CachedFile open(FileVersion version, BlockLayout layout, String owner)
      throws StorageException {
    Place place =
        places.computeIfAbsent(version, _ -> new Place(version, layout, owner, ++incarnations));
    if (!place.layout.equals(layout)) {
      throw StorageException.of(Kind.INVALID, "another layout");
    }
    place.opens++;
    return new Handle(place);
  }

  @Override
  public synchronized long presentBytes(FileVersion version) {
    for (Place place : places.values()) {
      if (place.version.equals(version)) {
        return place.present();
      }
    }
    return 0;
  }

  @Override
  public synchronized BitSet presentBlocks(FileVersion version) {
    BitSet present = new BitSet();
    for (Place place : places.values()) {
      for (int i = 0; place.version.equals(version) && i < place.blocks.length; i++) {
        present.set(i, place.has(i));
      }
    }
    return present;
  }

  @Override
  public synchronized long presentBytesOf(String owner) {
    return places.values().stream()
        .filter(place -> place.owner.equals(owner))
        .mapToLong(Place::present)
        .sum();
  }

  @Override
  public void keep(FileVersion version, BitSet blocks) {
    blocks.stream().forEach(block -> replicas.add(new BlockKey(version, block)));
  }

  @Override
  public long evict(FileVersion version) {
    long given;
    synchronized (this) {
      Place place = places.get(version);
      if (place == null || place.opens > 0) {
        return 0;
      }
      given = drop(place);
    }
    listeners.forEach(listener -> listener.accept(version));
    return given;
  }

  @Override
  public synchronized long evictAll(String owner) {
    long given = 0;
    for (Place place : List.copyOf(places.values())) {
      given += place.owner.equals(owner) ? drop(place) : 0;
    }
    return given;
  }

  /// Takes one block away, as a tier does with a file larger than itself.
  public synchronized void evictBlock(FileVersion version, int index) {
    Place place = places.get(version);
    if (place != null && place.has(index)) {
      dropBlock(place, index);
    }
  }

  public synchronized int opens() {
    return places.values().stream().mapToInt(place -> place.opens).sum();
  }

  public synchronized int pins() {
    int pins = 0;
    for (Place place : places.values()) {
      for (Block block : place.blocks) {
        pins += block == null ? 0 : block.pins;
      }
    }
    return pins;
  }

  @Override
  public synchronized CacheUsage usage() {
    return new CacheUsage(
        List.of(new CacheUsage.Tier("MEM", "memory", quota, used, places.size(), evicted)));
  }

  @Override
  public AutoCloseable onSealChange(Consumer<FileVersion> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  @Override
  public void close() {
    closed = true;
  }

  private long drop(Place place) {
    long given = place.present();
    for (int i = 0; i < place.blocks.length; i++) {
      if (place.blocks[i] != null) {
        dropBlock(place, i);
      }
    }
    places.remove(place.version);
    evicted++;
    return given;
  }

  private void dropBlock(Place place, int index) {
    Block block = place.blocks[index];
    place.blocks[index] = null;
    used -= block.bytes.capacity();
    block.dropped = true;
    block.poisonIfFree();
  }

  private boolean makeRoom(int bytes) {
    for (Place place : List.copyOf(places.values())) {
      if (used + bytes <= quota) {
        break;
      }
      if (place.opens == 0) {
        drop(place);
      }
    }
    return used + bytes <= quota;
  }

  private final class Handle implements CachedFile {
    private final Place place;
    private boolean open = true;

    Handle(Place place) {
      this.place = place;
    }

    @Override
    public FileVersion version() {
      return place.version;
    }

    @Override
    public BlockLayout layout() {
      return place.layout;
    }

    @Override
    public BlockLookup lookup(int index, int offset, int length) {
      synchronized (MemoryBlockCache.this) {
        if (!open) {
          throw new IllegalStateException("used after close");
        }
        if (!place.has(index)) {
          return new BlockLookup.Miss();
        }
        Block block = place.blocks[index];
        block.pins++;
        return new BlockLookup.Hit(new Pinned(block, offset, length));
      }
    }

    @Override
    public boolean isPresent(int block) {
      synchronized (MemoryBlockCache.this) {
        return place.has(block);
      }
    }

    @Override
    public OptionalInt crc32c(int index) {
      synchronized (MemoryBlockCache.this) {
        if (!place.has(index)) {
          return OptionalInt.empty();
        }
        CRC32C crc = new CRC32C();
        crc.update(place.blocks[index].bytes.duplicate().clear());
        return OptionalInt.of((int) crc.getValue());
      }
    }

    @Override
    public Admission admit(int index, Purpose purpose) {
      synchronized (MemoryBlockCache.this) {
        if (!open) {
          throw new IllegalStateException("used after close");
        }
        if (place.has(index)) {
          return new Admission.AlreadyPresent();
        }
        if (place.blocks[index] != null) {
          throw new IllegalStateException("two writers for block " + index);
        }
        int length = (int) place.layout.range(index).length();
        boolean fits = purpose == Purpose.COPY ? used + length <= quota : makeRoom(length);
        if (declines || !fits) {
          return new Admission.Declined("nothing evictable");
        }
        used += length;
        if (purpose == Purpose.REPLICA) {
          replicas.add(new BlockKey(place.version, index));
        }
        place.blocks[index] = new Block(length);
        return new Admission.Admitted(new Writer(place, index));
      }
    }

    @Override
    public long presentBytes() {
      synchronized (MemoryBlockCache.this) {
        return place.present();
      }
    }

    @Override
    public Optional<SealedFile> sealed() {
      synchronized (MemoryBlockCache.this) {
        return place.sealed()
            ? Optional.of(new SealedFile(Path.of(place.version.id()), place.incarnation))
            : Optional.empty();
      }
    }

    @Override
    public void close() {
      synchronized (MemoryBlockCache.this) {
        place.opens -= open ? 1 : 0;
        open = false;
      }
    }
  }

  private final class Writer implements BlockWriter {
    private final Place place;
    private final int index;
    private final Block block;
    private final ByteBuffer target;
    private boolean ended;

    Writer(Place place, int index) {
      this.place = place;
      this.index = index;
      block = place.blocks[index];
      target = block.bytes.duplicate();
    }

    @Override
    public void accept(ByteBuffer bytes) throws StorageException {
      if (bytes.remaining() > target.remaining()) {
        throw StorageException.of(Kind.CORRUPT, "more bytes than the block holds");
      }
      if (full) {
        throw StorageException.of(Kind.NO_SPACE, "the file system is full");
      }
      target.put(bytes);
    }

    @Override
    public long writtenBytes() {
      return target.position();
    }

    @Override
    public int crc32c() {
      CRC32C crc = new CRC32C();
      crc.update(target.duplicate().flip());
      return (int) crc.getValue();
    }

    @Override
    public void restart() {
      target.clear();
    }

    @Override
    public void publish() throws StorageException {
      if (target.hasRemaining()) {
        throw StorageException.of(Kind.CORRUPT, "the block is not full");
      }
      boolean sealed;
      synchronized (MemoryBlockCache.this) {
        ended = true;
        block.published = true;
        sealed = place.sealed();
      }
      if (sealed) {
        listeners.forEach(listener -> listener.accept(place.version));
      }
    }

    @Override
    public void close() {
      synchronized (MemoryBlockCache.this) {
        if (!ended && place.blocks[index] == block) {
          ended = true;
          dropBlock(place, index);
        }
      }
    }
  }

  private final class Pinned implements PinnedBytes {
    private final Block block;
    private final ByteBuffer view;
    private boolean open = true;

    Pinned(Block block, int offset, int length) {
      this.block = block;
      view = block.bytes.slice(offset, length).asReadOnlyBuffer();
    }

    @Override
    public List<ByteBuffer> buffers() {
      return List.of(view);
    }

    @Override
    public int byteCount() {
      return view.capacity();
    }

    @Override
    public void close() {
      synchronized (MemoryBlockCache.this) {
        if (open) {
          open = false;
          block.pins--;
          block.poisonIfFree();
        }
      }
    }
  }
}
