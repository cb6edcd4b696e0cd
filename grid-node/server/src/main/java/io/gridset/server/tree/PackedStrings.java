package io.gridset.server.tree;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Strings end to end in one byte array (UTF-8): 4 bytes of overhead each instead of 48. Filled by
/// one thread, then read by any.
final class PackedStrings {
  private byte[] bytes = new byte[256];
  private int[] ends = new int[16];
  private int count;

  void add(byte[] utf8) {
    int start = count == 0 ? 0 : ends[count - 1];
    if (start + utf8.length > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(start + utf8.length, bytes.length * 2));
    }
    if (count == ends.length) {
      ends = Arrays.copyOf(ends, count * 2);
    }
    System.arraycopy(utf8, 0, bytes, start, utf8.length);
    ends[count++] = start + utf8.length;
  }

  int count() {
    return count;
  }

  String get(int index) {
    int start = start(index);
    return new String(bytes, start, ends[index] - start, StandardCharsets.UTF_8);
  }

  byte[] raw(int index) {
    return Arrays.copyOfRange(bytes, start(index), ends[index]);
  }

  int length(int index) {
    return ends[index] - start(index);
  }

  /// Compares two of its own strings by their bytes, which is code point order.
  int compare(int left, int right) {
    return Arrays.compareUnsigned(bytes, start(left), ends[left], bytes, start(right), ends[right]);
  }

  int compare(int index, byte[] other) {
    return Arrays.compareUnsigned(bytes, start(index), ends[index], other, 0, other.length);
  }

  int compare(int index, PackedStrings other, int otherIndex) {
    return Arrays.compareUnsigned(
        bytes,
        start(index),
        ends[index],
        other.bytes,
        other.start(otherIndex),
        other.ends[otherIndex]);
  }

  /// The same strings in another order, in arrays of exactly the needed size.
  PackedStrings permuted(int[] order) {
    PackedStrings result = new PackedStrings();
    int total = 0;
    for (int index : order) {
      total += length(index);
    }
    result.bytes = new byte[total];
    result.ends = new int[order.length];
    int at = 0;
    for (int i = 0; i < order.length; i++) {
      int length = length(order[i]);
      System.arraycopy(bytes, start(order[i]), result.bytes, at, length);
      at += length;
      result.ends[i] = at;
    }
    result.count = order.length;
    return result;
  }

  private int start(int index) {
    return index == 0 ? 0 : ends[index - 1];
  }
}
