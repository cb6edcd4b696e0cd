package io.gridset.fuse.kernel;

import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.file.OpenFile;
import io.gridset.core.store.StorageException;
import io.gridset.fuse.kernel.RequestHandlers.Lane;
import io.gridset.fuse.protocol.Errno;
import io.gridset.fuse.protocol.ErrnoException;
import io.gridset.fuse.protocol.Request;
import io.gridset.fuse.transport.TransportCounters.Counter;
import io.gridset.fuse.tree.Node;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Opening, reading and releasing files. Thread-safe; `close()` closes all files that are still
/// open.
final class FileOperations implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FileOperations.class);

  /// A node stands for one version, so its pages stay right over opens.
  private static final int FOPEN_KEEP_CACHE = 1 << 1;

  private static final int FOPEN_DIRECT_IO = 1;

  /// With KEEP_CACHE beside it the open would fail.
  private static final int FOPEN_PASSTHROUGH = 1 << 7;

  private final Served served;
  private final RequestHandlers handlers;
  private final Notifier notifier;
  private final Incomplete incomplete;
  private final ConcurrentHashMap<Long, Handle> handles = new ConcurrentHashMap<>();
  private final AtomicLong nextHandle = new AtomicLong(1);
  private volatile boolean closed;

  /// How reads of files that are not complete yet go.
  enum Incomplete {
    /// Their bytes are in memory once, in the cache file, and are copied once.
    PAST_PAGE_CACHE,
    /// As ordinary reads, on kernels that could not map such a file otherwise.
    THROUGH_PAGE_CACHE
  }

  FileOperations(
      Served served, RequestHandlers handlers, Notifier notifier, Incomplete incomplete) {
    this.incomplete = incomplete;
    this.served = served;
    this.handlers = handlers;
    this.notifier = notifier;
  }

  private record Handle(long node, OpenFile file) {}

  /// Opens the version that the node stands for. When the path now has another, ESTALE makes the
  /// VFS look the name up once more and open what it finds.
  void open(long id, Reply reply) throws StorageException, ErrnoException {
    Node node = served.node(id);
    open(node, served.files().open(node.path()), reply);
  }

  /// Answers the same if that needs no wait.
  void openPresent(long id, Reply reply) throws ErrnoException {
    Node node = served.node(id);
    OpenFile file = served.files().openPresent(node.path()).orElse(null);
    if (file != null) {
      open(node, file, reply);
    }
  }

  private void open(Node node, OpenFile file, Reply reply) throws ErrnoException {
    if (!node.standsFor(file.entry())) {
      file.close();
      served.nodes().retire(node);
      throw new ErrnoException(Errno.ESTALE);
    }
    long handle = nextHandle.getAndIncrement();
    InodeModes.Opened opened;
    try {
      opened = served.modes().open(node.id(), file);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
    handles.put(handle, new Handle(node.id(), file));
    served.counters().increment(Counter.OPENS);
    boolean taken =
        switch (opened) {
          case InodeModes.Opened.Copy() -> answerCopy(file, handle, reply);
          case InodeModes.Opened.OutdatedCopy() -> {
            notifier.changed(node.path());
            yield answerCopy(file, handle, reply);
          }
          case InodeModes.Opened.Passthrough(int backingId) -> {
            served.counters().increment(Counter.PASSTHROUGH_OPENS);
            yield reply.body(served.bodies().opened(handle, FOPEN_PASSTHROUGH, backingId));
          }
        };
    if (!taken || closed) {
      close(handle);
    }
  }

  /// Reads at once when that cannot wait, else on another thread.
  void read(Request.Read request, Reply reply) {
    served.counters().increment(Counter.READS);
    Handle handle = handles.get(request.handle());
    if (handle == null) {
      reply.error(Errno.ESTALE);
      return;
    }
    OpenFile file = handle.file();
    Optional<PinnedBytes> present = file.readPresent(request.offset(), request.size());
    if (present.isPresent()) {
      handlers.now(reply, now -> answer(file, request, present.get(), now));
    } else if (file.sealed().isPresent()) {
      handlers.now(reply, now -> read(file, request, now));
    } else {
      handlers.later(Lane.DATA, reply, later -> read(file, request, later));
    }
  }

  void release(long handle, Reply reply) {
    close(handle);
    reply.ok();
  }

  @Override
  public void close() {
    closed = true;
    for (Long handle : List.copyOf(handles.keySet())) {
      close(handle);
    }
  }

  private boolean answerCopy(OpenFile file, long handle, Reply reply) {
    boolean past = incomplete == Incomplete.PAST_PAGE_CACHE && file.sealed().isEmpty();
    int flags = past ? FOPEN_DIRECT_IO : FOPEN_KEEP_CACHE;
    return reply.body(served.bodies().opened(handle, flags, 0));
  }

  private static void read(OpenFile file, Request.Read request, Reply reply)
      throws StorageException, ErrnoException {
    answer(file, request, file.read(request.offset(), request.size()), reply);
  }

  /// Fewer bytes than the file has there would become zeros in the page cache, so they are refused.
  private static void answer(OpenFile file, Request.Read request, PinnedBytes bytes, Reply reply)
      throws ErrnoException {
    try (bytes) {
      long left = Math.max(0, file.entry().sizeBytes() - request.offset());
      if (bytes.byteCount() != Math.min(request.size(), left)) {
        LOG.error(
            "{}: {} bytes at {} instead of {}",
            file.entry().path(),
            bytes.byteCount(),
            request.offset(),
            Math.min(request.size(), left));
        throw new ErrnoException(Errno.EIO);
      }
      reply.bytes(bytes);
    }
  }

  private void close(long id) {
    Handle handle = handles.remove(id);
    if (handle != null) {
      served.counters().increment(Counter.RELEASES);
      served.modes().release(handle.node());
      handle.file().close();
    }
  }
}
