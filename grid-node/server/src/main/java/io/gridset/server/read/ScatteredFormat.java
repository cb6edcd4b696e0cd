package io.gridset.server.read;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// File formats that are read at scattered offsets although nearly all of the file is wanted: per
/// handle that looks random, per file it is a plan.
enum ScatteredFormat {
  /// Tensors mapped one by one: eight bytes of header length, then a JSON object
  /// (github.com/huggingface/safetensors, format section). One jump is enough to know.
  SAFETENSORS(1),
  /// Column chunks: begins with `PAR1` (parquet.apache.org, file format). Footer and one column may
  /// be all that a reader wants, so it takes a few jumps.
  PARQUET(4),
  /// Any other.
  PLAIN(Integer.MAX_VALUE);

  /// Bytes of a file needed to recognise it.
  static final int MAGIC_BYTES = 9;

  /// The format's own limit on its JSON header.
  private static final long MAX_SAFETENSORS_HEADER = 100_000_000;

  private final int jumps;

  ScatteredFormat(int jumps) {
    this.jumps = jumps;
  }

  /// How many scattered reads show that the whole file is wanted.
  int jumps() {
    return jumps;
  }

  /// The format that the name gives away, or null.
  static @Nullable ScatteredFormat byName(String path) {
    String lower = path.toLowerCase(Locale.ROOT);
    if (lower.endsWith(".safetensors")) {
      return SAFETENSORS;
    }
    return lower.endsWith(".parquet") ? PARQUET : null;
  }

  /// The format that the first bytes give away.
  ///
  /// @param head at least [#MAGIC_BYTES] from the file's beginning; its position is not moved
  static ScatteredFormat byContent(ByteBuffer head, long fileBytes) {
    ByteBuffer bytes = head.slice().order(ByteOrder.LITTLE_ENDIAN);
    long headerLength = bytes.getLong(0);
    if (headerLength >= 2
        && headerLength <= MAX_SAFETENSORS_HEADER
        && headerLength <= fileBytes - Long.BYTES
        && bytes.get(8) == '{') {
      return SAFETENSORS;
    }
    boolean parquet =
        bytes.get(0) == 'P' && bytes.get(1) == 'A' && bytes.get(2) == 'R' && bytes.get(3) == '1';
    return parquet ? PARQUET : PLAIN;
  }
}
