package io.gridset.arrow.system;

import java.io.IOException;

/// A call of the kernel that failed.
public final class SystemCallException extends IOException {
  private static final long serialVersionUID = 1L;

  public static final int ENOENT = 2;
  static final int EINTR = 4;
  public static final int EAGAIN = 11;
  public static final int ENOMEM = 12;
  public static final int EACCES = 13;
  public static final int EPIPE = 32;
  public static final int ECONNRESET = 104;
  public static final int ECONNREFUSED = 111;

  private final int errno;

  SystemCallException(String call, int errno) {
    super(call + ": " + text(errno));
    this.errno = errno;
  }

  public int errno() {
    return errno;
  }

  private static String text(int errno) {
    return switch (errno) {
      case ENOENT -> "no such file or directory";
      case EAGAIN -> "no answer in time";
      case ENOMEM -> "out of memory or address space";
      case EACCES -> "permission denied";
      case EPIPE, ECONNRESET -> "the other side ended the connection";
      case ECONNREFUSED -> "connection refused";
      default -> "error " + errno;
    };
  }
}
