package io.gridset.fuse.protocol;

import java.nio.ByteBuffer;
import java.util.OptionalLong;

/// What the kernel asks, as far as a mount answers it. Handles are the numbers that opening handed
/// out; sizes and offsets are bytes.
public sealed interface Request {
  record Lookup(String name) implements Request {}

  /// The kernel drops `lookups` references to the header's node. Never answered.
  record Forget(long lookups) implements Request {}

  /// As Forget, for `nodes[i]` and `lookups[i]`. Never answered.
  @SuppressWarnings("ArrayRecordComponent") // never compared; two words per entry instead of three
  record BatchForget(long[] nodes, long[] lookups) implements Request {}

  record GetAttributes() implements Request {}

  record Open(Access access) implements Request {}

  record Read(long handle, long offset, int size) implements Request {}

  record Release(long handle) implements Request {}

  record OpenDirectory() implements Request {}

  record ReadDirectory(long handle, long offset, int size, DirectoryForm form) implements Request {}

  record ReleaseDirectory(long handle) implements Request {}

  record StatFs() implements Request {}

  /// `size` 0 asks for the length only.
  record GetExtendedAttribute(String name, int size) implements Request {}

  record ListExtendedAttributes(int size) implements Request {}

  /// A signal arrived for the process that waits for request `unique`. Never answered.
  record Interrupt(long unique) implements Request {}

  /// Nothing to do but to say yes.
  record Acknowledge() implements Request {}

  /// Always answered with the same error.
  record Refused(Errno errno) implements Request {}

  /// What a tree that is only read refuses.
  sealed interface Change extends Request {}

  /// Creates a file and opens it for writing.
  record Create(String name) implements Change {}

  /// @param bytes in the device loop's memory: to be used before the loop goes on
  record Write(long handle, long offset, ByteBuffer bytes) implements Change {}

  /// A descriptor of an open file was closed; sent before [Release], and as often as there are
  /// descriptors.
  record Flush(long handle) implements Change {}

  /// Only the size means something here; times, owners and modes are as they are.
  record SetAttributes(OptionalLong size) implements Change {}

  record MakeDirectory(String name) implements Change {}

  record Unlink(String name) implements Change {}

  record RemoveDirectory(String name) implements Change {}

  /// `flags` of renameat2(2).
  record Rename(String name, long newParent, String newName, int flags) implements Change {
    public static final int NO_REPLACE = 1;
  }

  /// Nothing that any tree takes; `errno` where others are taken.
  record Untaken(Errno errno) implements Change {}

  /// What a file is opened for.
  enum Access {
    READING,
    WRITING
  }

  /// READDIR carries names and types, READDIRPLUS a lookup of every entry too.
  enum DirectoryForm {
    NAMES,
    PLUS
  }
}
