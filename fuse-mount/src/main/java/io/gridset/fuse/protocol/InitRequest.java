package io.gridset.fuse.protocol;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// The kernel's half of the negotiation: `struct fuse_init_in`.
///
/// @param flags the features it offers, `flags2` in the upper half
public record InitRequest(int major, int minor, int maxReadahead, long flags) {
  public static final int OPCODE = 26;

  /// FUSE_PASSTHROUGH, in `flags2`.
  public static final long PASSTHROUGH = 1L << 37;

  /// The protocol's version that this code was written for (Linux 6.18).
  private static final int KNOWN_MINOR = 45;

  private static final long ASYNC_READ = 1L;
  private static final long BIG_WRITES = 1L << 5;
  private static final long DO_READDIRPLUS = 1L << 13;
  private static final long READDIRPLUS_AUTO = 1L << 14;
  private static final long ASYNC_DIO = 1L << 15;
  private static final long PARALLEL_DIROPS = 1L << 18;
  private static final long MAX_PAGES = 1L << 22;
  private static final long INIT_EXT = 1L << 30;

  /// FUSE_DIRECT_IO_ALLOW_MMAP, in `flags2` (Linux 6.6): files opened with FOPEN_DIRECT_IO may be
  /// mapped all the same.
  public static final long DIRECT_IO_ALLOW_MMAP = 1L << 36;

  private static final long WANTED =
      ASYNC_READ
          | BIG_WRITES
          | DO_READDIRPLUS
          | READDIRPLUS_AUTO
          | ASYNC_DIO
          | PARALLEL_DIROPS
          | MAX_PAGES
          | INIT_EXT
          | DIRECT_IO_ALLOW_MMAP
          | PASSTHROUGH;

  /// 1 MiB requests: the largest the kernel sends without a raised sysctl.
  private static final short REQUEST_PAGES = 256;

  /// Background requests (read-ahead, releases) in flight before the kernel queues the next. The
  /// default of 12 lets one slow file hold up the read-ahead of all others.
  private static final short MAX_BACKGROUND = 512;

  private static final short CONGESTION_THRESHOLD = 384;

  /// Most bytes of a write where nothing is ever written; what a buffer for requests must hold
  /// follows from it.
  public static final int LEAST_WRITE = 4096;

  /// The same where files are written: as much as a request can bring.
  public static final int MOST_WRITE = REQUEST_PAGES * 4096;

  private static final int REPLY_BYTES = 64;

  public static InitRequest of(ByteBuffer buffer) {
    int at = RequestHeader.BYTES;
    long low = Integer.toUnsignedLong(buffer.getInt(at + 12));
    long high = (low & INIT_EXT) == 0 ? 0 : Integer.toUnsignedLong(buffer.getInt(at + 16)) << 32;
    return new InitRequest(
        buffer.getInt(at), buffer.getInt(at + 4), buffer.getInt(at + 8), low | high);
  }

  public boolean offers(long flag) {
    return (flags & flag) != 0;
  }

  /// `struct fuse_init_out`: what both sides will do.
  ///
  /// @param stackDepth 0 without passthrough; 1 when cache files lie on an ordinary file system; 2
  ///   when they lie on a stacked one
  /// @param maxWrite most bytes of a write
  public ByteBuffer reply(int stackDepth, int maxWrite) {
    long agreed = flags & (stackDepth == 0 ? WANTED & ~PASSTHROUGH : WANTED);
    ByteBuffer body = ByteBuffer.allocate(REPLY_BYTES).order(ByteOrder.nativeOrder());
    body.putInt(0, 7);
    body.putInt(4, Math.min(minor, KNOWN_MINOR));
    body.putInt(8, maxReadahead);
    body.putInt(12, (int) agreed);
    body.putShort(16, MAX_BACKGROUND);
    body.putShort(18, CONGESTION_THRESHOLD);
    body.putInt(20, maxWrite);
    body.putInt(24, 1);
    body.putShort(28, REQUEST_PAGES);
    body.putInt(32, (int) (agreed >>> 32));
    body.putInt(36, stackDepth);
    return body;
  }
}
