package io.gridset.fuse.kernel;

import io.gridset.core.cache.SealedFile;
import io.gridset.core.file.OpenFile;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which of the two I/O modes each inode is in. The kernel allows one at a time (fs/fuse/iomode.c):
/// while a file is open for copying, a passthrough open of the same node fails with EIO, and the
/// other way round; and all passthrough opens of a node must name the same backing id. So the first
/// open chooses, later ones follow. Thread-safe.
///
/// A backing id keeps its file alive and looking used, so it is closed with the last open: a cache
/// that evicts must be able to trust the kernel's reference counts. Why not kept for the next open:
/// it saves two system calls of a small file's open, within the noise of a measured run, and costs
/// exactness.
final class InodeModes implements AutoCloseable {
  /// How an open is to be answered.
  sealed interface Opened {
    record Copy() implements Opened {}

    /// By copying, only because older handles of this node do so: the next open should get another
    /// node.
    record OutdatedCopy() implements Opened {}

    record Passthrough(int backingId) implements Opened {}
  }

  private static final Logger LOG = LoggerFactory.getLogger(InodeModes.class);

  private final Device device;
  private final Map<Long, Inode> inUse = new HashMap<>();
  private boolean passthrough;
  private boolean complained;

  /// @param passthrough whether the kernel takes backing files
  InodeModes(Device device, Passthrough passthrough) {
    this.device = device;
    this.passthrough = passthrough == Passthrough.AVAILABLE;
  }

  enum Passthrough {
    AVAILABLE,
    UNAVAILABLE
  }

  synchronized boolean passthrough() {
    return passthrough;
  }

  /// Counts an open of `node` in the mode that it must have.
  synchronized Opened open(long node, OpenFile file) {
    Inode inode = inUse.computeIfAbsent(node, id -> new Inode());
    if (inode.opens == 0) {
      inode.backing = passthrough ? backing(file).orElse(null) : null;
    }
    inode.opens++;
    if (inode.backing != null) {
      return new Opened.Passthrough(inode.backing.id());
    }
    boolean first = inode.opens == 1;
    inode.refused |= first && passthrough && isEligible(file);
    return !first && passthrough && !inode.refused && isEligible(file)
        ? new Opened.OutdatedCopy()
        : new Opened.Copy();
  }

  /// Takes back one open of `node`.
  synchronized void release(long node) {
    Inode inode = inUse.get(node);
    if (inode == null || --inode.opens > 0) {
      return;
    }
    inUse.remove(node);
    if (inode.backing == null) {
      return;
    }
    device.closeBacking(inode.backing.id());
  }

  /// Whether `node` is open for copying, so that passthrough needs another node.
  synchronized boolean isCopying(long node) {
    Inode inode = inUse.get(node);
    return inode != null && inode.backing == null;
  }

  synchronized boolean isOpen(long node) {
    return inUse.containsKey(node);
  }

  @Override
  public synchronized void close() {
    passthrough = false;
    for (Inode inode : new ArrayList<>(inUse.values())) {
      if (inode.backing != null) {
        device.closeBacking(inode.backing.id());
      }
    }
    inUse.clear();
  }

  private Optional<Backing> backing(OpenFile file) {
    SealedFile sealed = file.sealed().orElse(null);
    if (sealed == null || !isEligible(file)) {
      return Optional.empty();
    }
    int id = device.openBacking(sealed.path());
    if (id <= 0) {
      complain(-id);
      return Optional.empty();
    }
    return Optional.of(new Backing(id));
  }

  private static boolean isEligible(OpenFile file) {
    return file.entry().sizeBytes() > 0 && file.sealed().isPresent();
  }

  /// EPERM is for good. ELOOP means that the cache lies on a stacked file system. ENOENT is an
  /// eviction that came first.
  private void complain(int error) {
    if (error == Libc.EPERM) {
      passthrough = false;
    }
    if (!complained && error != Libc.ENOENT) {
      complained = true;
      LOG.info("the kernel does not read cache files itself here (error {}); copying", error);
    }
  }

  private record Backing(int id) {}

  private static final class Inode {
    private int opens;
    private boolean refused;
    private @Nullable Backing backing;
  }
}
