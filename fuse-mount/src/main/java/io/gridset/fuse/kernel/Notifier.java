package io.gridset.fuse.kernel;

import io.gridset.fuse.kernel.ReplyMemory.Message;
import io.gridset.fuse.protocol.FileNames;
import io.gridset.fuse.tree.Node;
import io.gridset.fuse.tree.NodeTable;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells the kernel that names stand for something else now (FUSE_NOTIFY_INVAL_ENTRY), so that the
/// next use of one is a lookup. On a platform thread of its own: the kernel takes the directory's
/// lock, which a lookup that waits for an answer may hold, so that neither a device loop nor a
/// virtual thread's carrier may be stuck in it. Thread-safe.
final class Notifier implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Notifier.class);
  private static final int INVAL_ENTRY = 3;
  private static final int INC_EPOCH = 8;

  /// Names waiting to be told; with more, the kernel is told to look up everything again (Linux
  /// 6.16).
  private static final int PENDING_LIMIT = 65_536;

  /// A notification waits for one lookup at most, which the origin's deadlines end.
  private static final Duration JOIN_LIMIT = Duration.ofSeconds(5);

  private final Device device;
  private final NodeTable nodes;
  private final InodeModes modes;
  private final LinkedHashSet<String> pending = new LinkedHashSet<>();
  private boolean everything;
  private boolean closed;
  private final Thread thread;

  Notifier(Device device, NodeTable nodes, InodeModes modes) {
    this.device = device;
    this.nodes = nodes;
    this.modes = modes;
    thread = Thread.ofPlatform().daemon().name("fuse-notifier").start(this::run);
  }

  /// `path` has another version, or its sealed file came or went. Returns at once.
  synchronized void changed(String path) {
    if (closed || !isKnown(path)) {
      return;
    }
    if (pending.size() >= PENDING_LIMIT) {
      everything = true;
      pending.clear();
    }
    pending.add(path);
    notifyAll();
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      pending.clear();
      notifyAll();
    }
  }

  /// Waits for a notification under way to end, while the device loops still run.
  void join() {
    try {
      thread.join(JOIN_LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      while (true) {
        Optional<String> path = next();
        if (path.isEmpty()) {
          return;
        }
        tell(path.get());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized Optional<String> next() throws InterruptedException {
    while (!closed && pending.isEmpty()) {
      wait();
    }
    if (closed) {
      return Optional.empty();
    }
    if (everything) {
      everything = false;
      if (send(INC_EPOCH, body(0)) < 0) {
        LOG.warn("many files changed at once; some are seen late, as their time to live ends");
      }
    }
    return Optional.of(pending.removeFirst());
  }

  private void tell(String path) {
    nodes.at(path).ifPresent(this::letGo);
    Optional<Node> parent = nodes.at(parent(path));
    Optional<byte[]> name = FileNames.encode(path.substring(path.lastIndexOf('/') + 1));
    if (parent.isPresent() && name.isPresent()) {
      ByteBuffer body = body(16 + name.get().length + 1);
      body.putLong(parent.get().id()).putInt(name.get().length).putInt(0).put(name.get());
      send(INVAL_ENTRY, body.rewind());
    }
  }

  /// A node whose file is copied by older handles must not be handed out again.
  private void letGo(Node node) {
    if (modes.isCopying(node.id())) {
      nodes.retire(node);
    }
  }

  /// Without its directory the kernel cannot know a name, not even as absent.
  private boolean isKnown(String path) {
    return !path.isEmpty() && nodes.at(parent(path)).isPresent();
  }

  /// Returns a negated error number for what the kernel does not know, such as a name that nobody
  /// asked for.
  private long send(int code, ByteBuffer body) {
    try (Arena arena = Arena.ofConfined()) {
      return new ReplyMemory(arena).write(device, new Message(0, code, List.of(body)));
    }
  }

  private static String parent(String path) {
    return path.substring(0, Math.max(0, path.lastIndexOf('/')));
  }

  private static ByteBuffer body(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
  }
}
