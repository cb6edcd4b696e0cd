package io.gridset.localstore.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;

/// A stream of pseudo-random bytes fixed by its seed: Marsaglia's xorshift64 ("Xorshift RNGs",
/// 2003), in four lanes so that the processor overlaps them. Fast, not for secrets. Not
/// thread-safe.
final class RandomBytes {
  private static final int BUFFER_BYTES = 256 * 1024;

  private final long[] lanes = new long[4];
  private final ByteBuffer buffer =
      ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  RandomBytes(long seed) {
    reseed(seed);
  }

  /// Starts anew, as a stream of that seed.
  void reseed(long seed) {
    long state = seed;
    for (int i = 0; i < lanes.length; i++) {
      // SplitMix64 spreads the seed; a lane must not be zero.
      state += 0x9E3779B97F4A7C15L;
      long mixed = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
      mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
      lanes[i] = (mixed ^ (mixed >>> 31)) | 1;
    }
  }

  /// Writes the next `count` bytes.
  void writeTo(WritableByteChannel channel, long count) throws IOException {
    for (long left = count; left > 0; left -= Math.min(left, BUFFER_BYTES)) {
      int bytes = (int) Math.min(left, BUFFER_BYTES);
      fill(bytes);
      buffer.limit(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    }
  }

  private void fill(int bytes) {
    buffer.clear();
    long a = lanes[0];
    long b = lanes[1];
    long c = lanes[2];
    long d = lanes[3];
    for (int at = 0; at < bytes; at += 32) {
      a ^= a << 13;
      b ^= b << 13;
      c ^= c << 13;
      d ^= d << 13;
      a ^= a >>> 7;
      b ^= b >>> 7;
      c ^= c >>> 7;
      d ^= d >>> 7;
      a ^= a << 17;
      b ^= b << 17;
      c ^= c << 17;
      d ^= d << 17;
      buffer.putLong(at, a);
      buffer.putLong(at + 8, b);
      buffer.putLong(at + 16, c);
      buffer.putLong(at + 24, d);
    }
    lanes[0] = a;
    lanes[1] = b;
    lanes[2] = c;
    lanes[3] = d;
  }
}
