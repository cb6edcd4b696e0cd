package io.gridset.fuse;

/// How a mount reaches the kernel.
public enum Transport {
  /// The kernel's own protocol on /dev/fuse.
  KERNEL,
  /// The libfuse library: slower, portable, usable without root where fusermount is.
  LIBFUSE
}
