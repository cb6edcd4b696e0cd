package io.gridset.fuse.protocol;

import io.gridset.fuse.protocol.Request.DirectoryForm;
import java.nio.ByteBuffer;

/// Turns the bytes of one request into a [Request] that no longer needs them. `switch` by opcode of
/// `enum fuse_opcode`. Stateless.
public final class RequestParser {
  private static final int ARGUMENTS = RequestHeader.BYTES;

  private RequestParser() {}

  /// @param buffer the whole request from position 0, in native order
  /// @throws ErrnoException when a name in the request cannot be one of ours
  public static Request parse(RequestHeader header, ByteBuffer buffer) throws ErrnoException {
    return switch (header.opcode()) {
      case 1 -> new Request.Lookup(name(header, buffer, ARGUMENTS));
      case 2 -> new Request.Forget(buffer.getLong(ARGUMENTS));
      case 3 -> new Request.GetAttributes();
      case 5 -> new Request.Refused(Errno.EINVAL); // READLINK: there are no links
      case 14 -> new Request.Open();
      case 15 ->
          new Request.Read(
              buffer.getLong(ARGUMENTS),
              buffer.getLong(ARGUMENTS + 8),
              buffer.getInt(ARGUMENTS + 16));
      case 17 -> new Request.StatFs();
      case 18 -> new Request.Release(buffer.getLong(ARGUMENTS));
      case 22 ->
          new Request.GetExtendedAttribute(
              name(header, buffer, ARGUMENTS + 8), buffer.getInt(ARGUMENTS));
      case 23 -> new Request.ListExtendedAttributes(buffer.getInt(ARGUMENTS));
      case 27 -> new Request.OpenDirectory();
      case 28 -> readDirectory(buffer, DirectoryForm.NAMES);
      case 29 -> new Request.ReleaseDirectory(buffer.getLong(ARGUMENTS));
      case 34, 38 -> new Request.Acknowledge(); // ACCESS, DESTROY
      case 36 -> new Request.Interrupt(buffer.getLong(ARGUMENTS));
      case 39 -> new Request.Refused(Errno.ENOTTY); // IOCTL
      case 42 -> batchForget(buffer);
      case 44 -> readDirectory(buffer, DirectoryForm.PLUS);
      default -> new Request.Refused(refusal(header.opcode()));
    };
  }

  /// Whether the kernel waits for an answer to `request`.
  public static boolean isAnswered(Request request) {
    return !(request instanceof Request.Forget
        || request instanceof Request.BatchForget
        || request instanceof Request.Interrupt);
  }

  /// EROFS for what would modify (the mount is `ro`, so the VFS refuses first); ENOSYS for the
  /// rest: the kernel then does without and stops asking.
  private static Errno refusal(int opcode) {
    return switch (opcode) {
      // SETATTR SYMLINK MKNOD MKDIR UNLINK RMDIR RENAME LINK WRITE SETXATTR REMOVEXATTR CREATE
      // FALLOCATE RENAME2 COPY_FILE_RANGE TMPFILE
      case 4, 6, 8, 9, 10, 11, 12, 13, 16, 21, 24, 35, 43, 45, 47, 51 -> Errno.EROFS;
      default -> Errno.ENOSYS;
    };
  }

  private static Request readDirectory(ByteBuffer buffer, DirectoryForm form) {
    return new Request.ReadDirectory(
        buffer.getLong(ARGUMENTS),
        buffer.getLong(ARGUMENTS + 8),
        buffer.getInt(ARGUMENTS + 16),
        form);
  }

  private static Request batchForget(ByteBuffer buffer) {
    int count = buffer.getInt(ARGUMENTS);
    long[] nodes = new long[count];
    long[] lookups = new long[count];
    for (int i = 0; i < count; i++) {
      nodes[i] = buffer.getLong(ARGUMENTS + 8 + 16 * i);
      lookups[i] = buffer.getLong(ARGUMENTS + 16 + 16 * i);
    }
    return new Request.BatchForget(nodes, lookups);
  }

  /// The NUL-terminated name at `offset`.
  private static String name(RequestHeader header, ByteBuffer buffer, int offset)
      throws ErrnoException {
    int end = offset;
    while (end < header.lengthBytes() && buffer.get(end) != 0) {
      end++;
    }
    return FileNames.decode(buffer.slice(offset, end - offset));
  }
}
