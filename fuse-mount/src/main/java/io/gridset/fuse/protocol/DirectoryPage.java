package io.gridset.fuse.protocol;

import io.gridset.core.file.FileEntry;
import java.nio.ByteBuffer;
import java.time.Duration;

/// One reply to READDIR or READDIRPLUS while it is filled: `struct fuse_dirent` (24 bytes and the
/// name, padded to 8), in READDIRPLUS after a `struct fuse_entry_out`. Not thread-safe.
public final class DirectoryPage {
  private static final int DIRENT_BYTES = 24;
  private static final int TYPE_DIRECTORY = 4;
  private static final int TYPE_FILE = 8;

  private final ByteBuffer body;
  private final Request.DirectoryForm form;

  public DirectoryPage(int capacityBytes, Request.DirectoryForm form) {
    this.body = ReplyBodies.body(capacityBytes);
    this.form = form;
  }

  /// Whether an entry with a name of `nameBytes` bytes still fits.
  public boolean fits(int nameBytes) {
    int prefix = form == Request.DirectoryForm.PLUS ? ReplyBodies.ENTRY_BYTES : 0;
    return body.remaining() >= prefix + padded(DIRENT_BYTES + nameBytes);
  }

  /// Adds `.` or `..`, which carry no lookup. `next` is the offset of the entry after it.
  public void addDot(byte[] name, long inode, long next) {
    if (form == Request.DirectoryForm.PLUS) {
      body.position(body.position() + ReplyBodies.ENTRY_BYTES);
    }
    put(name, inode, next, TYPE_DIRECTORY);
  }

  /// Adds a name and type.
  public void add(byte[] name, FileEntry entry, long next) {
    put(name, entry.inode(), next, entry.isDirectory() ? TYPE_DIRECTORY : TYPE_FILE);
  }

  /// Adds a name together with its lookup.
  public void addPlus(byte[] name, Looked looked, long next) {
    looked.bodies.putEntry(body, looked.node, looked.entry, looked.validity);
    add(name, looked.entry, next);
  }

  public ByteBuffer bytes() {
    return body.flip();
  }

  /// The answer to a lookup that travels in READDIRPLUS.
  public record Looked(ReplyBodies bodies, long node, FileEntry entry, Duration validity) {}

  private void put(byte[] name, long inode, long next, int type) {
    int start = body.position();
    body.putLong(inode).putLong(next).putInt(name.length).putInt(type).put(name);
    body.position(start + padded(DIRENT_BYTES + name.length));
  }

  private static int padded(int bytes) {
    return (bytes + 7) & ~7;
  }
}
