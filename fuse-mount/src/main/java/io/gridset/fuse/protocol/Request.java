package io.gridset.fuse.protocol;

/// What the kernel asks, as far as a read-only file system answers it. Handles are the numbers that
/// opening handed out; sizes and offsets are bytes.
public sealed interface Request {
  record Lookup(String name) implements Request {}

  /// The kernel drops `lookups` references to the header's node. Never answered.
  record Forget(long lookups) implements Request {}

  /// As Forget, for `nodes[i]` and `lookups[i]`. Never answered.
  @SuppressWarnings("ArrayRecordComponent") // never compared; two words per entry instead of three
  record BatchForget(long[] nodes, long[] lookups) implements Request {}

  record GetAttributes() implements Request {}

  record Open() implements Request {}

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

  /// READDIR carries names and types, READDIRPLUS a lookup of every entry too.
  enum DirectoryForm {
    NAMES,
    PLUS
  }
}
