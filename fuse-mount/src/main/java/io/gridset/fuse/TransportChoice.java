package io.gridset.fuse;

/// Which transport a mount is to use.
public enum TransportChoice {
  /// The kernel's protocol, or libfuse where that is not possible.
  AUTO,
  /// The kernel's protocol or nothing.
  KERNEL,
  /// libfuse or nothing.
  LIBFUSE
}
