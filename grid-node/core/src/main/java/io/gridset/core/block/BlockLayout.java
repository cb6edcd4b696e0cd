package io.gridset.core.block;

import java.util.Objects;

/// How a file of `fileBytes` bytes is cut into blocks of `blockBytes`; the last one may be shorter.
public record BlockLayout(long fileBytes, int blockBytes) {
  /// The default block size: 4 MiB, large enough to amortise a request, small enough to spread.
  public static final int DEFAULT_BLOCK_BYTES = 4 << 20;

  public BlockLayout {
    if (fileBytes < 0 || blockBytes <= 0 || Integer.bitCount(blockBytes) != 1) {
      throw new IllegalArgumentException("not a layout: " + fileBytes + " by " + blockBytes);
    }
    if (fileBytes / blockBytes >= Integer.MAX_VALUE) {
      throw new IllegalArgumentException("too many blocks: " + fileBytes + " by " + blockBytes);
    }
  }

  public static BlockLayout of(long fileBytes) {
    return new BlockLayout(fileBytes, DEFAULT_BLOCK_BYTES);
  }

  /// Number of blocks; 0 for an empty file.
  public int blockCount() {
    return (int) ((fileBytes + blockBytes - 1) / blockBytes);
  }

  /// The block that holds the byte at `offset`.
  public int blockAt(long offset) {
    Objects.checkIndex(offset, fileBytes);
    return (int) (offset / blockBytes);
  }

  /// Where `block` lies in the file.
  public ByteRange range(int block) {
    Objects.checkIndex(block, blockCount());
    long offset = (long) block * blockBytes;
    return new ByteRange(offset, Math.min(blockBytes, fileBytes - offset));
  }
}
