package io.gridset.core.block;

/// A half-open range of a file: `offset` to `offset + length`, in bytes.
public record ByteRange(long offset, long length) {
  public ByteRange {
    if (offset < 0 || length < 0 || offset + length < 0) {
      throw new IllegalArgumentException("not a range: offset " + offset + ", length " + length);
    }
  }

  /// The first byte after the range.
  public long end() {
    return offset + length;
  }
}
