package io.gridset.fuse.kernel;

import io.gridset.core.file.FileEntry;
import io.gridset.core.file.WritableFile;
import io.gridset.core.file.WritableFiles;
import io.gridset.core.file.WritableFiles.Replacing;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.fuse.kernel.RequestHandlers.Lane;
import io.gridset.fuse.protocol.Errno;
import io.gridset.fuse.protocol.ErrnoException;
import io.gridset.fuse.protocol.Request;
import io.gridset.fuse.tree.Node;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/// What changes a tree that takes new files. Drafts are written past the page cache: their bytes
/// are in memory once. Thread-safe; `close()` ends all drafts.
final class WriteOperations implements AutoCloseable {
  private static final int FOPEN_DIRECT_IO = 1;

  private final Served served;
  private final RequestHandlers handlers;
  private final WritableFiles tree;
  private final ConcurrentHashMap<Long, Handle> handles = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Long, WritableFile> byNode = new ConcurrentHashMap<>();

  /// Below zero, so that they never meet those of files that are only read.
  private final AtomicLong nextHandle = new AtomicLong(-1);

  private volatile boolean closed;

  /// @param closed whether a program that lives has closed it
  private record Handle(long node, WritableFile file, AtomicBoolean closed) {}

  WriteOperations(Served served, RequestHandlers handlers, WritableFiles tree) {
    this.served = served;
    this.handlers = handlers;
    this.tree = tree;
  }

  /// Answers what is about drafts or changes the tree; false for what is not.
  boolean tryDispatch(long node, Request request, Reply reply) {
    return switch (request) {
      case Request.Open(var access) when access == Request.Access.WRITING -> {
        wait(reply, later -> open(node, later));
        yield true;
      }
      case Request.GetAttributes() -> tryAttributes(node, reply);
      case Request.Read read when read.handle() < 0 -> {
        handlers.later(Lane.DATA, reply, later -> read(read, later));
        yield true;
      }
      case Request.Release(long handle) when handle < 0 -> {
        handlers.later(Lane.DATA, reply, later -> release(handle, later));
        yield true;
      }
      case Request.Change change -> {
        change(node, change, reply);
        yield true;
      }
      default -> false;
    };
  }

  private void change(long node, Request.Change change, Reply reply) {
    switch (change) {
      case Request.Write write -> write(write, reply);
      case Request.Flush(long handle) ->
          handlers.later(Lane.DATA, reply, later -> flush(handle, later));
      case Request.Create(String name) -> wait(reply, later -> create(node, name, later));
      case Request.SetAttributes set -> wait(reply, later -> setAttributes(node, set, later));
      case Request.MakeDirectory(String name) ->
          wait(reply, later -> makeDirectory(node, name, later));
      case Request.Unlink(String name) -> wait(reply, later -> unlink(node, name, later));
      case Request.RemoveDirectory(String name) ->
          wait(reply, later -> removeDirectory(node, name, later));
      case Request.Rename rename -> wait(reply, later -> rename(node, rename, later));
      case Request.Untaken(Errno errno) -> reply.error(errno);
    }
  }

  @Override
  public void close() {
    closed = true;
    for (Long handle : List.copyOf(handles.keySet())) {
      Handle open = handles.get(handle);
      if (open != null) {
        open.file().abandon();
        close(handle);
      }
    }
    tree.close();
  }

  private void create(long parent, String name, Reply reply)
      throws StorageException, ErrnoException {
    WritableFile file = tree.create(served.child(parent, name));
    FileEntry entry = file.entry();
    Node node = served.nodes().look(entry);
    long handle = keep(node.id(), file);
    ByteBuffer body = served.bodies().created(node.id(), entry, handle, FOPEN_DIRECT_IO);
    if (!reply.body(body) || closed) {
      file.abandon();
      close(handle);
      served.nodes().forget(node.id(), 1);
    }
  }

  private void open(long id, Reply reply) throws StorageException, ErrnoException {
    Node node = served.node(id);
    WritableFile file = tree.open(node.path());
    if (!node.standsFor(file.entry())) {
      file.close();
      served.nodes().retire(node);
      throw new ErrnoException(Errno.ESTALE);
    }
    long handle = keep(id, file);
    if (!reply.body(served.bodies().opened(handle, FOPEN_DIRECT_IO, 0)) || closed) {
      close(handle);
    }
  }

  private long keep(long node, WritableFile file) {
    long handle = nextHandle.getAndDecrement();
    handles.put(handle, new Handle(node, file, new AtomicBoolean()));
    byNode.put(node, file);
    return handle;
  }

  /// On the device loop when that cannot wait; else the bytes are copied first, for the loop goes
  /// on.
  private void write(Request.Write request, Reply reply) {
    Handle handle = handles.get(request.handle());
    if (handle == null) {
      reply.error(Errno.ESTALE);
      return;
    }
    int size = request.bytes().remaining();
    boolean answered =
        handlers.tryNow(
            reply,
            now -> {
              if (handle.file().writeAtOnce(request.bytes(), request.offset())) {
                now.body(served.bodies().written(size));
              }
            });
    if (!answered) {
      ByteBuffer copy = ByteBuffer.allocate(size).put(request.bytes()).flip();
      handlers.later(
          Lane.DATA,
          reply,
          later -> {
            handle.file().write(copy, request.offset());
            later.body(served.bodies().written(size));
          });
    }
  }

  private void read(Request.Read request, Reply reply) throws StorageException, ErrnoException {
    reply.body(handle(request.handle()).file().read(request.offset(), request.size()));
  }

  /// The kernel closes the files of a program that was killed like any other's, and still waits for
  /// the answer.
  private void flush(long id, Reply reply) throws StorageException {
    Handle handle = handles.get(id);
    if (handle != null) {
      if (Processes.wasKilled(reply.process())) {
        handle.file().abandon();
      } else {
        handle.closed().set(true);
        handle.file().flush();
      }
    }
    reply.ok();
  }

  private void release(long handle, Reply reply) {
    close(handle);
    reply.ok();
  }

  /// Each close(2) sends a flush. Of a program that was killed the kernel may take it back, or not
  /// wait for its answer: then this comes before it is known who closes.
  private void close(long id) {
    Handle handle = handles.remove(id);
    if (handle != null) {
      if (!handle.closed().get()) {
        handle.file().abandon();
      }
      byNode.remove(handle.node(), handle.file());
      handle.file().close();
    }
  }

  /// A draft that nobody sees is known to those who have it open.
  private boolean tryAttributes(long node, Reply reply) {
    WritableFile file = byNode.get(node);
    return file != null
        && handlers.tryNow(
            reply, now -> now.body(served.bodies().attributes(file.entry(), Duration.ZERO)));
  }

  private void setAttributes(long id, Request.SetAttributes request, Reply reply)
      throws StorageException, ErrnoException {
    Node node = served.node(id);
    WritableFile open = byNode.get(id);
    if (request.size().isEmpty()) {
      FileEntry entry = open == null ? node.entry() : open.entry();
      reply.body(served.bodies().attributes(entry, Duration.ZERO));
      return;
    }
    long size = request.size().getAsLong();
    if (open != null) {
      open.truncate(size);
      reply.body(served.bodies().attributes(open.entry(), Duration.ZERO));
      return;
    }
    try (WritableFile file = tree.open(node.path())) {
      file.truncate(size);
      file.flush();
      reply.body(served.bodies().attributes(file.entry(), Duration.ZERO));
    }
  }

  private void makeDirectory(long parent, String name, Reply reply)
      throws StorageException, ErrnoException {
    FileEntry entry = tree.makeDirectory(served.child(parent, name));
    Node node = served.nodes().look(entry);
    if (!reply.body(served.bodies().entry(node.id(), entry, served.files().entryTimeToLive()))) {
      served.nodes().forget(node.id(), 1);
    }
  }

  private void unlink(long parent, String name, Reply reply)
      throws StorageException, ErrnoException {
    tree.delete(served.child(parent, name));
    reply.ok();
  }

  private void removeDirectory(long parent, String name, Reply reply)
      throws StorageException, ErrnoException {
    String path = served.child(parent, name);
    if (!served.files().list(path).isEmpty()) {
      throw new ErrnoException(Errno.ENOTEMPTY);
    }
    tree.removeDirectory(path);
    reply.ok();
  }

  /// Programs that hear EXDEV copy and delete instead.
  private void rename(long parent, Request.Rename request, Reply reply)
      throws StorageException, ErrnoException {
    if ((request.flags() & ~Request.Rename.NO_REPLACE) != 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    String from = served.child(parent, request.name());
    String to = served.child(request.newParent(), request.newName());
    try {
      tree.rename(from, to, request.flags() == 0 ? Replacing.ALLOWED : Replacing.REFUSED);
    } catch (StorageException e) {
      if (e.kind() == Kind.UNSUPPORTED) {
        throw new ErrnoException(Errno.EXDEV);
      }
      throw e;
    }
    reply.ok();
  }

  private Handle handle(long id) throws ErrnoException {
    Handle handle = handles.get(id);
    if (handle == null) {
      throw new ErrnoException(Errno.ESTALE);
    }
    return handle;
  }

  private void wait(Reply reply, RequestHandlers.Handler handler) {
    handlers.later(Lane.METADATA, reply, handler);
  }
}
