package io.gridset.flight.ipc;

import java.nio.ByteBuffer;

/// Validity bits: bit `i` is that of weight `1 << i % 8` in byte `i / 8`.
final class Bits {
  private Bits() {}

  static boolean at(ByteBuffer bits, int index) {
    return (bits.get(index / Byte.SIZE) >> index % Byte.SIZE & 1) != 0;
  }

  /// Ones among the first `count` bits.
  static long count(ByteBuffer bits, long count) {
    long ones = 0;
    int whole = (int) (count / Byte.SIZE);
    int at = 0;
    for (; at + Long.BYTES <= whole; at += Long.BYTES) {
      ones += Long.bitCount(bits.getLong(at));
    }
    for (; at < whole; at++) {
      ones += Integer.bitCount(bits.get(at) & 0xff);
    }
    int rest = (int) (count % Byte.SIZE);
    return rest == 0 ? ones : ones + Integer.bitCount(bits.get(whole) & (1 << rest) - 1);
  }

  /// Fills `copy` with the bits from bit `shift` on, which is below 8.
  static ByteBuffer shifted(ByteBuffer bits, int shift, ByteBuffer copy) {
    for (int i = 0; i < copy.limit(); i++) {
      int low = (bits.get(i) & 0xff) >>> shift;
      int high = i + 1 < bits.remaining() ? (bits.get(i + 1) & 0xff) << (Byte.SIZE - shift) : 0;
      copy.put(i, (byte) (low | high));
    }
    return copy;
  }
}
