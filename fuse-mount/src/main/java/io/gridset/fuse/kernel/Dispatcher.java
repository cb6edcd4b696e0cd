package io.gridset.fuse.kernel;

import io.gridset.fuse.kernel.RequestHandlers.Lane;
import io.gridset.fuse.protocol.Errno;
import io.gridset.fuse.protocol.ExtendedAttributes;
import io.gridset.fuse.protocol.Request;
import io.gridset.fuse.protocol.RequestHeader;
import org.jspecify.annotations.Nullable;

/// Sends each request to the operation that answers it: at once what needs only memory, on a
/// virtual thread what may wait for the origin. Thread-safe.
final class Dispatcher {
  private final RequestHandlers handlers;
  private final TreeOperations tree;
  private final FileOperations files;
  private final @Nullable WriteOperations writing;

  /// @param writing null for a tree that is only read
  Dispatcher(
      RequestHandlers handlers,
      TreeOperations tree,
      FileOperations files,
      @Nullable WriteOperations writing) {
    this.handlers = handlers;
    this.tree = tree;
    this.files = files;
    this.writing = writing;
  }

  void dispatch(RequestHeader header, Request request, Reply reply) {
    if (writing == null || !writing.tryDispatch(header.node(), request, reply)) {
      read(header.node(), request, reply);
    }
  }

  private void read(long node, Request request, Reply reply) {
    switch (request) {
      case Request.Read read -> files.read(read, reply);
      case Request.Lookup(String name) -> {
        if (!handlers.tryNow(reply, now -> tree.lookupPresent(node, name, now))) {
          wait(reply, later -> tree.lookup(node, name, later));
        }
      }
      case Request.GetAttributes() -> {
        if (!handlers.tryNow(reply, now -> tree.attributesPresent(node, now))) {
          wait(reply, later -> tree.attributes(node, later));
        }
      }
      case Request.Open(_) -> {
        if (!handlers.tryNow(reply, now -> files.openPresent(node, now))) {
          wait(reply, later -> files.open(node, later));
        }
      }
      case Request.Release(long handle) -> handlers.now(reply, now -> files.release(handle, now));
      case Request.OpenDirectory() -> wait(reply, later -> tree.openDirectory(node, later));
      case Request.ReadDirectory read -> handlers.now(reply, now -> tree.readDirectory(read, now));
      case Request.ReleaseDirectory(long handle) ->
          handlers.now(reply, now -> tree.releaseDirectory(handle, now));
      case Request.StatFs() -> wait(reply, tree::statistics);
      case Request.GetExtendedAttribute get -> {
        if (ExtendedAttributes.isKnown(get.name())) {
          wait(reply, later -> tree.extendedAttribute(node, get, later));
        } else {
          reply.error(Errno.ENODATA);
        }
      }
      case Request.ListExtendedAttributes(int size) ->
          handlers.now(reply, now -> tree.extendedAttributes(node, size, now));
      case Request.Forget(long lookups) -> tree.forget(node, lookups);
      case Request.BatchForget(long[] nodes, long[] lookups) -> {
        for (int i = 0; i < nodes.length; i++) {
          tree.forget(nodes[i], lookups[i]);
        }
      }
      case Request.Interrupt(long unique) -> handlers.interrupt(unique);
      case Request.Acknowledge() -> reply.ok();
      case Request.Flush(_) -> reply.error(Errno.ENOSYS); // The kernel stops asking.
      case Request.Change _ -> reply.error(Errno.EROFS); // The mount is `ro`: the VFS was first.
      case Request.Refused(Errno errno) -> reply.error(errno);
    }
  }

  private void wait(Reply reply, RequestHandlers.Handler handler) {
    handlers.later(Lane.METADATA, reply, handler);
  }
}
