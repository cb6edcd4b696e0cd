package io.gridset.fuse.libfuse;

import com.sun.security.auth.module.UnixSystem;
import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.file.DatasetFiles;
import io.gridset.core.file.FileEntry;
import io.gridset.core.file.OpenFile;
import io.gridset.core.store.StorageException;
import io.gridset.fuse.protocol.Errno;
import io.gridset.fuse.protocol.ErrnoException;
import io.gridset.fuse.protocol.ExtendedAttributes;
import io.gridset.fuse.protocol.FileNames;
import io.gridset.fuse.transport.TransportCounters;
import io.gridset.fuse.transport.TransportCounters.Counter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import jnr.ffi.Pointer;
import jnr.ffi.Struct;
import jnr.ffi.types.off_t;
import jnr.ffi.types.size_t;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import ru.serce.jnrfuse.FuseFillDir;
import ru.serce.jnrfuse.FuseStubFS;
import ru.serce.jnrfuse.struct.FileStat;
import ru.serce.jnrfuse.struct.FuseFileInfo;
import ru.serce.jnrfuse.struct.Statvfs;
import ru.serce.jnrfuse.struct.Timespec;

/// The callbacks of libfuse, each on a thread of libfuse's. All versions of a path share one inode
/// here, and so one page cache: the version of the handles opened first uses it, handles of other
/// versions opened meanwhile bypass it. Thread-safe.
final class DatasetFileSystem extends FuseStubFS implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DatasetFileSystem.class);
  private static final int BLOCK_BYTES = 4096;

  /// Of the bit field in `struct fuse_file_info` (fuse_common.h, libfuse 2.9, 64 bits), which
  /// jnr-fuse maps as padding; `direct_io` is its lowest bit.
  private static final int DIRECT_IO_OFFSET = 20;

  private final DatasetFiles files;
  private final TransportCounters counters;
  private final UnixSystem owner = new UnixSystem();
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final ConcurrentHashMap<Long, OpenFile> handles = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, CachedVersion> cached = new ConcurrentHashMap<>();
  private final AtomicLong nextHandle = new AtomicLong(1);

  DatasetFileSystem(DatasetFiles files, TransportCounters counters) {
    this.files = files;
    this.counters = counters;
  }

  /// Completes when libfuse has mounted.
  CompletableFuture<Void> ready() {
    return ready;
  }

  private record CachedVersion(FileVersion version, int opens) {}

  /// Returns the callback's result, 0 or above.
  private interface Callback {
    int run() throws StorageException, ErrnoException;
  }

  @Override
  public @Nullable Pointer init(Pointer connection) {
    ready.complete(null);
    return null;
  }

  @Override
  public int getattr(String path, FileStat stat) {
    return answer(
        () -> {
          fill(stat, entry(path));
          return 0;
        });
  }

  @Override
  public int readdir(
      String path, Pointer buffer, FuseFillDir filler, @off_t long offset, FuseFileInfo info) {
    return answer(
        () -> {
          List<FileEntry> entries = files.list(relative(path));
          filler.apply(buffer, ".", null, 0);
          filler.apply(buffer, "..", null, 0);
          FileStat stat = new FileStat(jnr.ffi.Runtime.getSystemRuntime());
          for (FileEntry entry : entries) {
            if (FileNames.encode(entry.name()).isEmpty()) {
              LOG.warn("left out of a listing: '{}'", entry.path());
              continue;
            }
            fill(stat, entry);
            filler.apply(buffer, entry.name(), stat, 0);
          }
          return 0;
        });
  }

  @Override
  public int open(String path, FuseFileInfo info) {
    return answer(
        () -> {
          OpenFile file = files.open(relative(path));
          long handle = nextHandle.getAndIncrement();
          handles.put(handle, file);
          counters.increment(Counter.OPENS);
          info.fh.set(handle);
          if (!sharesPages(file)) {
            Struct.getMemory(info).putInt(DIRECT_IO_OFFSET, 1);
          }
          return 0;
        });
  }

  @Override
  public int read(
      String path, Pointer target, @size_t long size, @off_t long offset, FuseFileInfo info) {
    return answer(
        () -> {
          counters.increment(Counter.READS);
          OpenFile file = handles.get(info.fh.get());
          if (file == null) {
            throw new ErrnoException(Errno.ESTALE);
          }
          long left = Math.max(0, file.entry().sizeBytes() - offset);
          int wanted = (int) Math.min(size, left);
          try (PinnedBytes bytes = file.read(offset, wanted)) {
            if (bytes.byteCount() != wanted) {
              throw new ErrnoException(Errno.EIO);
            }
            copy(bytes, target);
          }
          counters.add(Counter.READ_BYTES, wanted);
          return wanted;
        });
  }

  @Override
  public int release(String path, FuseFileInfo info) {
    return answer(
        () -> {
          OpenFile file = handles.remove(info.fh.get());
          if (file != null) {
            counters.increment(Counter.RELEASES);
            closed(file);
            file.close();
          }
          return 0;
        });
  }

  @Override
  public int statfs(String path, Statvfs statistics) {
    return answer(
        () -> {
          DatasetFiles.Totals totals = files.totals();
          statistics.f_bsize.set(BLOCK_BYTES);
          statistics.f_frsize.set(BLOCK_BYTES);
          statistics.f_blocks.set((totals.totalBytes() + BLOCK_BYTES - 1) / BLOCK_BYTES);
          statistics.f_bfree.set(0);
          statistics.f_bavail.set(0);
          statistics.f_files.set(totals.files());
          statistics.f_ffree.set(0);
          statistics.f_namemax.set(FileNames.LIMIT_BYTES);
          return 0;
        });
  }

  @Override
  public int getxattr(String path, String name, Pointer value, @size_t long size) {
    return answer(
        () -> {
          if (!ExtendedAttributes.isKnown(name)) {
            throw new ErrnoException(Errno.ENODATA);
          }
          FileEntry entry = entry(path);
          FileVersion version = entry.version();
          if (version == null) {
            throw new ErrnoException(Errno.ENODATA);
          }
          String text =
              name.equals(ExtendedAttributes.VERSION)
                  ? version.id()
                  : ExtendedAttributes.cached(files.cachedBytes(entry.path()), entry.sizeBytes());
          return put(text.getBytes(StandardCharsets.UTF_8), value, size);
        });
  }

  @Override
  public int listxattr(String path, Pointer list, @size_t long size) {
    return answer(
        () ->
            put(entry(path).isDirectory() ? new byte[0] : ExtendedAttributes.names(), list, size));
  }

  /// Closes all files that are still open; later calls on them are ESTALE.
  @Override
  public void close() {
    ready.cancel(false);
    mounted.set(false);
    for (Long handle : List.copyOf(handles.keySet())) {
      OpenFile file = handles.remove(handle);
      if (file != null) {
        counters.increment(Counter.RELEASES);
        file.close();
      }
    }
  }

  private int answer(Callback callback) {
    counters.increment(Counter.REQUESTS);
    try {
      return callback.run();
    } catch (ErrnoException e) {
      counters.increment(Counter.ERRORS);
      return -e.errno().number();
    } catch (StorageException e) {
      LOG.warn("a read through the mount failed: {}", e.getMessage());
      counters.increment(Counter.ERRORS);
      return -Errno.of(e).number();
    } catch (RuntimeException | Error e) {
      LOG.error("a request failed unexpectedly; the caller gets EIO", e);
      counters.increment(Counter.UNEXPECTED_ERRORS);
      return -Errno.EIO.number();
    }
  }

  private FileEntry entry(String path) throws StorageException, ErrnoException {
    String name = path.substring(path.lastIndexOf('/') + 1);
    if (name.getBytes(StandardCharsets.UTF_8).length > FileNames.LIMIT_BYTES) {
      throw new ErrnoException(Errno.ENAMETOOLONG);
    }
    return files.find(relative(path)).orElseThrow(() -> new ErrnoException(Errno.ENOENT));
  }

  /// Whether the handle may use the inode's pages; counts it if so.
  private boolean sharesPages(OpenFile file) {
    FileEntry entry = file.entry();
    FileVersion version = entry.version();
    if (version == null) {
      return false;
    }
    CachedVersion now =
        cached.compute(
            entry.path(),
            (path, known) -> {
              if (known == null) {
                return new CachedVersion(version, 1);
              }
              return known.version().equals(version)
                  ? new CachedVersion(version, known.opens() + 1)
                  : known;
            });
    return now.version().equals(version);
  }

  private void closed(OpenFile file) {
    cached.computeIfPresent(
        file.entry().path(),
        (path, known) -> {
          if (!known.version().equals(file.entry().version())) {
            return known;
          }
          return known.opens() == 1 ? null : new CachedVersion(known.version(), known.opens() - 1);
        });
  }

  private void fill(FileStat stat, FileEntry entry) {
    stat.st_ino.set(entry.inode());
    stat.st_mode.set(entry.isDirectory() ? FileStat.S_IFDIR | 0555 : FileStat.S_IFREG | 0444);
    stat.st_nlink.set(entry.isDirectory() ? 2 : 1);
    stat.st_uid.set(owner.getUid());
    stat.st_gid.set(owner.getGid());
    stat.st_size.set(entry.sizeBytes());
    stat.st_blksize.set(BLOCK_BYTES);
    stat.st_blocks.set((entry.sizeBytes() + 511) / 512);
    put(stat.st_mtim, entry.modified());
    put(stat.st_ctim, entry.modified());
    put(stat.st_atim, entry.modified());
  }

  private static void put(Timespec target, Instant time) {
    target.tv_sec.set(time.getEpochSecond());
    target.tv_nsec.set(time.getNano());
  }

  private static void copy(PinnedBytes bytes, Pointer target) {
    long position = 0;
    for (ByteBuffer part : bytes.buffers()) {
      ByteBuffer source = part.duplicate();
      byte[] chunk = new byte[source.remaining()];
      source.get(chunk);
      target.put(position, chunk, 0, chunk.length);
      position += chunk.length;
    }
  }

  private static int put(byte[] value, Pointer target, long size) throws ErrnoException {
    if (size != 0) {
      if (size < value.length) {
        throw new ErrnoException(Errno.ERANGE);
      }
      target.put(0, value, 0, value.length);
    }
    return value.length;
  }

  /// libfuse's paths start with a slash; those of a dataset do not.
  private static String relative(String path) {
    return path.substring(1);
  }
}
