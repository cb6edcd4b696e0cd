package io.gridset.fuse.protocol;

import io.gridset.core.file.DatasetFiles;
import io.gridset.core.file.FileEntry;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.time.Instant;

/// Builds the bodies of replies, the bytes after `struct fuse_out_header`. Immutable.
///
/// @param user owner that `stat` shows
/// @param group likewise
public record ReplyBodies(int user, int group) {
  static final int ENTRY_BYTES = 128;
  private static final int ATTRIBUTES_BYTES = 104;
  private static final int OPEN_BYTES = 16;
  private static final int STATFS_BYTES = 80;
  private static final int BLOCK_BYTES = 4096;
  private static final int DIRECTORY_MODE = 0040555;
  private static final int FILE_MODE = 0100444;

  /// `struct fuse_entry_out`, believed for `validity`.
  public ByteBuffer entry(long node, FileEntry entry, Duration validity) {
    ByteBuffer body = body(ENTRY_BYTES);
    putEntry(body, node, entry, validity);
    return body.flip();
  }

  /// An entry without a node: the name does not exist, believed for `validity`.
  public ByteBuffer absent(Duration validity) {
    ByteBuffer body = body(ENTRY_BYTES);
    body.putLong(16, validity.toSeconds());
    body.putInt(32, validity.toNanosPart());
    return body;
  }

  /// `struct fuse_attr_out`.
  public ByteBuffer attributes(FileEntry entry, Duration validity) {
    ByteBuffer body = body(ATTRIBUTES_BYTES);
    body.putLong(validity.toSeconds());
    body.putInt(validity.toNanosPart());
    body.putInt(0);
    putAttributes(body, entry);
    return body.flip();
  }

  /// `struct fuse_open_out`; `flags` are FOPEN_ bits.
  public ByteBuffer opened(long handle, int flags, int backingId) {
    ByteBuffer body = body(OPEN_BYTES);
    body.putLong(handle).putInt(flags).putInt(backingId);
    return body.flip();
  }

  /// `struct fuse_kstatfs`: nothing is free, for nothing can be written.
  public ByteBuffer statistics(DatasetFiles.Totals totals) {
    ByteBuffer body = body(STATFS_BYTES);
    body.putLong(0, (totals.totalBytes() + BLOCK_BYTES - 1) / BLOCK_BYTES);
    body.putLong(24, totals.files());
    body.putInt(40, BLOCK_BYTES);
    body.putInt(44, FileNames.LIMIT_BYTES);
    body.putInt(48, BLOCK_BYTES);
    return body;
  }

  /// `struct fuse_getxattr_out`: only the length.
  public ByteBuffer length(int bytes) {
    return body(8).putInt(0, bytes);
  }

  void putEntry(ByteBuffer body, long node, FileEntry entry, Duration validity) {
    body.putLong(node).putLong(0);
    body.putLong(validity.toSeconds()).putLong(validity.toSeconds());
    body.putInt(validity.toNanosPart()).putInt(validity.toNanosPart());
    putAttributes(body, entry);
  }

  private void putAttributes(ByteBuffer body, FileEntry entry) {
    Instant modified = entry.modified();
    long seconds = modified.getEpochSecond();
    body.putLong(entry.inode()).putLong(entry.sizeBytes());
    body.putLong((entry.sizeBytes() + 511) / 512);
    body.putLong(seconds).putLong(seconds).putLong(seconds);
    body.putInt(modified.getNano()).putInt(modified.getNano()).putInt(modified.getNano());
    body.putInt(entry.isDirectory() ? DIRECTORY_MODE : FILE_MODE);
    body.putInt(entry.isDirectory() ? 2 : 1);
    body.putInt(user).putInt(group).putInt(0);
    body.putInt(BLOCK_BYTES).putInt(0);
  }

  static ByteBuffer body(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
  }
}
