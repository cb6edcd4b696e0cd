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
public record ReplyBodies(int user, int group, Modes modes) {
  static final int ENTRY_BYTES = 128;
  private static final int ATTRIBUTES_BYTES = 104;
  private static final int OPEN_BYTES = 16;
  private static final int STATFS_BYTES = 80;
  private static final int BLOCK_BYTES = 4096;
  private static final int WRITTEN_BYTES = 8;

  /// What `stat` shows, and the kernel goes by.
  public enum Modes {
    READ_ONLY(0040555, 0100444),
    /// The owner may add and delete; that finished files do not change is told at open.
    OWNER_WRITES(0040755, 0100644);

    private final int directory;
    private final int file;

    Modes(int directory, int file) {
      this.directory = directory;
      this.file = file;
    }
  }

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

  /// The answer to CREATE: a `struct fuse_entry_out` that is not believed, and a `fuse_open_out`.
  public ByteBuffer created(long node, FileEntry entry, long handle, int flags) {
    ByteBuffer body = body(ENTRY_BYTES + OPEN_BYTES);
    putEntry(body, node, entry, Duration.ZERO);
    body.put(opened(handle, flags, 0));
    return body.flip();
  }

  /// `struct fuse_write_out`.
  public ByteBuffer written(int bytes) {
    return body(WRITTEN_BYTES).putInt(0, bytes);
  }

  /// `struct fuse_kstatfs`: nothing is told to be free.
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
    body.putInt(entry.isDirectory() ? modes.directory : modes.file);
    body.putInt(entry.isDirectory() ? 2 : 1);
    body.putInt(user).putInt(group).putInt(0);
    body.putInt(BLOCK_BYTES).putInt(0);
  }

  static ByteBuffer body(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
  }
}
