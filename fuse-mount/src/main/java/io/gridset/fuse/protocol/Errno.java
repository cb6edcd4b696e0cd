package io.gridset.fuse.protocol;

import io.gridset.core.store.StorageException;

/// Linux error numbers (asm-generic/errno.h) that a mount answers with, and the one place where
/// storage failures become such numbers.
public enum Errno {
  EPERM(1),
  ENOENT(2),
  EINTR(4),
  EIO(5),
  EACCES(13),
  EEXIST(17),
  EXDEV(18),
  EINVAL(22),
  ENOTTY(25),
  ENOSPC(28),
  EROFS(30),
  ERANGE(34),
  ENAMETOOLONG(36),
  ENOSYS(38),
  ENOTEMPTY(39),
  ENODATA(61),
  EOPNOTSUPP(95),
  ESTALE(116);

  private final int number;

  Errno(int number) {
    this.number = number;
  }

  public int number() {
    return number;
  }

  /// What a program is told about a failure. EIO for everything that only the origin's side can
  /// mend: programs know no better number, and the log has the cause.
  public static Errno of(StorageException failure) {
    return switch (failure.kind()) {
      case NOT_FOUND -> ENOENT;
      case ACCESS_DENIED -> EACCES;
      case CHANGED -> ESTALE;
      case ALREADY_EXISTS -> EEXIST;
      case NO_SPACE -> ENOSPC;
      case INVALID -> EINVAL;
      case UNSUPPORTED -> EOPNOTSUPP;
      case CANCELLED -> EINTR;
      case THROTTLED, UNAVAILABLE, TIMED_OUT, CORRUPT -> EIO;
    };
  }
}
