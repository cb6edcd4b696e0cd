package io.gridset.fuse.kernel;

import io.gridset.fuse.kernel.ReplyMemory.Message;
import io.gridset.fuse.protocol.InitRequest;
import io.gridset.fuse.protocol.RequestHeader;
import io.gridset.fuse.transport.MountRequest;
import io.gridset.fuse.transport.MountRequest.Option;
import io.gridset.fuse.transport.TransportException;
import io.gridset.fuse.transport.TransportException.Reason;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The first exchange on a fresh mount: both sides agree on features, and passthrough is tried.
final class Handshake {
  private static final Logger LOG = LoggerFactory.getLogger(Handshake.class);
  private static final int BUFFER_BYTES = 64 << 10;

  /// 7.28 (Linux 4.20) brought requests of more than 128 KiB; older kernels get libfuse.
  private static final int OLDEST_MINOR = 28;

  private Handshake() {}

  /// What came of it.
  ///
  /// @param maxWrite most bytes of a write
  record Agreed(
      InodeModes.Passthrough passthrough, FileOperations.Incomplete incomplete, int maxWrite) {}

  static Agreed negotiate(Device device, MountRequest request) throws TransportException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(BUFFER_BYTES, 8);
      ReplyMemory replyMemory = new ReplyMemory(arena);
      long length;
      do {
        length = device.read(replyMemory.errno(), memory);
      } while (length == -Libc.EINTR || length == -Libc.EAGAIN);
      if (length < 0) {
        throw Device.failed("reading the kernel's greeting", (int) length);
      }
      ByteBuffer buffer = memory.asByteBuffer().order(ByteOrder.nativeOrder());
      RequestHeader header = RequestHeader.of(buffer);
      InitRequest init = InitRequest.of(buffer);
      if (header.opcode() != InitRequest.OPCODE
          || init.major() != 7
          || init.minor() < OLDEST_MINOR) {
        throw new TransportException(
            Reason.NOT_AVAILABLE,
            "this kernel speaks FUSE %d.%d, 7.%d is needed; use the libfuse transport"
                .formatted(init.major(), init.minor(), OLDEST_MINOR));
      }
      int depth = init.offers(InitRequest.PASSTHROUGH) ? wantedDepth(request) : 0;
      int maxWrite =
          request.has(Option.WRITABLE) ? InitRequest.MOST_WRITE : InitRequest.LEAST_WRITE;
      Message reply = new Message(header.unique(), 0, List.of(init.reply(depth, maxWrite)));
      long written = replyMemory.write(device, reply);
      if (written < 0) {
        throw Device.failed("answering the kernel's greeting", (int) written);
      }
      return new Agreed(
          depth == 0 ? InodeModes.Passthrough.UNAVAILABLE : probe(device),
          init.offers(InitRequest.DIRECT_IO_ALLOW_MMAP)
              ? FileOperations.Incomplete.PAST_PAGE_CACHE
              : FileOperations.Incomplete.THROUGH_PAGE_CACHE,
          maxWrite);
    }
  }

  /// FUSE_STACK_DEPTH: 1 leaves room for an overlay on top of the mount, 2 allows cache files that
  /// lie on an overlay themselves.
  private static int wantedDepth(MountRequest request) {
    if (request.has(Option.STACKED_PASSTHROUGH)) {
      return 2;
    }
    return request.has(Option.PASSTHROUGH) ? 1 : 0;
  }

  private static InodeModes.Passthrough probe(Device device) {
    int outcome = device.probeBacking();
    if (outcome < 0) {
      LOG.info("passthrough is refused here (error {}); reads are copied", -outcome);
      return InodeModes.Passthrough.UNAVAILABLE;
    }
    return InodeModes.Passthrough.AVAILABLE;
  }
}
