package io.gridset.fuse.kernel;

import io.gridset.fuse.protocol.Errno;
import io.gridset.fuse.protocol.ErrnoException;
import io.gridset.fuse.protocol.Request;
import io.gridset.fuse.protocol.RequestHeader;
import io.gridset.fuse.protocol.RequestParser;
import io.gridset.fuse.transport.TransportCounters;
import io.gridset.fuse.transport.TransportCounters.Counter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads requests from one device descriptor until the mount is gone or `closing` is set. A
/// platform thread: it sits in a system call nearly all the time.
final class DeviceLoop implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceLoop.class);

  /// The kernel wants room for a header, a write of max_write and 8 KiB at least; forgets come in
  /// batches that fill it.
  private static final int LEAST_BUFFER_BYTES = 64 << 10;

  private static final int HEADERS_BYTES = 4096;

  private final Device device;
  private final Dispatcher dispatcher;
  private final TransportCounters counters;
  private final AtomicBoolean closing;
  private final int bufferBytes;

  /// @param maxWrite most bytes of a write, as agreed with the kernel
  DeviceLoop(
      Device device,
      Dispatcher dispatcher,
      TransportCounters counters,
      AtomicBoolean closing,
      int maxWrite) {
    bufferBytes = Math.max(LEAST_BUFFER_BYTES, maxWrite + HEADERS_BYTES);
    this.device = device;
    this.dispatcher = dispatcher;
    this.counters = counters;
    this.closing = closing;
  }

  @Override
  public void run() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(bufferBytes, 8);
      ByteBuffer buffer = memory.asByteBuffer().order(ByteOrder.nativeOrder());
      ReplyMemory replyMemory = new ReplyMemory(arena);
      while (!closing.get()) {
        long length = device.read(replyMemory.errno(), memory);
        if (length > 0) {
          handle(buffer, replyMemory);
        } else if (!isTransient(length)) {
          LOG.debug("the device ended: error {}", -length);
          return;
        }
      }
    }
  }

  private void handle(ByteBuffer buffer, ReplyMemory memory) {
    RequestHeader header = RequestHeader.of(buffer);
    counters.increment(Counter.REQUESTS);
    Reply reply =
        new Reply(new Reply.Request(device, header.unique(), header.process()), counters, memory);
    try {
      Request request = RequestParser.parse(header, buffer);
      if (!closing.get()) {
        dispatcher.dispatch(header, request, reply);
      } else if (RequestParser.isAnswered(request)) {
        reply.error(Errno.EIO);
      }
    } catch (ErrnoException e) {
      reply.error(e.errno());
    } catch (RuntimeException | Error e) {
      LOG.error("a request failed unexpectedly", e);
      counters.increment(Counter.UNEXPECTED_ERRORS);
      reply.error(Errno.EIO);
    }
  }

  /// ENOENT: the request was taken back before it was read.
  private static boolean isTransient(long outcome) {
    return outcome == -Libc.EINTR || outcome == -Libc.EAGAIN || outcome == -Libc.ENOENT;
  }
}
