package io.gridset.core.placement;

import java.nio.charset.StandardCharsets;

/// Hashes that are the same on every machine and in every version. Pure.
final class Hashing {
  private Hashing() {}

  /// FNV-1a over the text's UTF-8 bytes, mixed.
  static long of(String text, int salt) {
    long hash = 0xCBF29CE484222325L ^ mix(salt);
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xFF)) * 0x100000001B3L;
    }
    return mix(hash);
  }

  /// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
  static long mix(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
