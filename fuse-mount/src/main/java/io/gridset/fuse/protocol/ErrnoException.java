package io.gridset.fuse.protocol;

/// A request that is answered with an error number: an ordinary outcome, hence without a stack
/// trace.
public final class ErrnoException extends Exception {
  private final Errno errno;

  public ErrnoException(Errno errno) {
    super(errno.name(), null, false, false);
    this.errno = errno;
  }

  public Errno errno() {
    return errno;
  }
}
