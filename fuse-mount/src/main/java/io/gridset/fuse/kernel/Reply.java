package io.gridset.fuse.kernel;

import io.gridset.core.cache.PinnedBytes;
import io.gridset.fuse.kernel.ReplyMemory.Message;
import io.gridset.fuse.protocol.Errno;
import io.gridset.fuse.transport.TransportCounters;
import io.gridset.fuse.transport.TransportCounters.Counter;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The one answer to one request. Whoever answers first wins, so that an interrupted caller can be
/// let go while a handler still works. Thread-safe.
///
/// Methods return whether the kernel took the answer; if not, what was handed out with it (a
/// lookup, an open) must be taken back.
final class Reply {
  private static final Logger LOG = LoggerFactory.getLogger(Reply.class);

  private final Device device;
  private final long unique;
  private final int process;
  private final TransportCounters counters;
  private final AtomicBoolean answered = new AtomicBoolean();
  private @Nullable ReplyMemory loopMemory;

  /// @param loopMemory memory of the device loop, used until the request moves to another thread
  Reply(Request request, TransportCounters counters, ReplyMemory loopMemory) {
    this.device = request.device();
    this.unique = request.unique();
    this.process = request.process();
    this.counters = counters;
    this.loopMemory = loopMemory;
  }

  /// Where a request came from.
  record Request(Device device, long unique, int process) {}

  long unique() {
    return unique;
  }

  int process() {
    return process;
  }

  boolean isAnswered() {
    return answered.get();
  }

  /// To be called by the device loop before another thread may answer.
  void leaveLoop() {
    loopMemory = null;
  }

  boolean ok() {
    return send(0, List.of());
  }

  boolean error(Errno errno) {
    counters.increment(Counter.ERRORS);
    return send(-errno.number(), List.of());
  }

  boolean body(ByteBuffer body) {
    return send(0, List.of(body));
  }

  /// Answers with bytes that the caller closes afterwards.
  boolean bytes(PinnedBytes bytes) {
    boolean taken = send(0, bytes.buffers());
    if (taken) {
      counters.add(Counter.READ_BYTES, bytes.byteCount());
    }
    return taken;
  }

  private boolean send(int code, List<ByteBuffer> body) {
    if (!answered.compareAndSet(false, true)) {
      return false;
    }
    Message message = new Message(unique, code, body);
    ReplyMemory memory = loopMemory;
    if (memory != null) {
      return write(memory, message);
    }
    try (Arena arena = Arena.ofConfined()) {
      return write(new ReplyMemory(arena), message);
    }
  }

  /// A refused answer would leave the caller hanging, so EIO follows it. ENOENT and ENODEV mean
  /// that the request or the mount is gone.
  private boolean write(ReplyMemory memory, Message message) {
    long written = memory.write(device, message);
    if (written >= 0) {
      return true;
    }
    if (written != -Libc.ENOENT && written != -Libc.ENODEV && written != -Libc.ECONNABORTED) {
      LOG.warn("the kernel refused an answer: error {}", -written);
      counters.increment(Counter.UNEXPECTED_ERRORS);
      memory.write(device, new Message(unique, -Errno.EIO.number(), List.of()));
    }
    return false;
  }
}
