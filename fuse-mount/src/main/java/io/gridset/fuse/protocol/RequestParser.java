package io.gridset.fuse.protocol;

import io.gridset.fuse.protocol.Request.Access;
import io.gridset.fuse.protocol.Request.DirectoryForm;
import java.nio.ByteBuffer;
import java.util.OptionalLong;

/// Turns the bytes of one request into a [Request] that no longer needs them. `switch` by opcode of
/// `enum fuse_opcode`. Stateless.
public final class RequestParser {
  private static final int ARGUMENTS = RequestHeader.BYTES;
  private static final int ACCESS_MODE = 3;

  /// FATTR_SIZE.
  private static final int SIZE_IS_SET = 1 << 3;

  /// `struct fuse_write_in`.
  private static final int WRITE_BYTES = 40;

  private RequestParser() {}

  /// @param buffer the whole request from position 0, in native order
  /// @throws ErrnoException when a name in the request cannot be one of ours
  public static Request parse(RequestHeader header, ByteBuffer buffer) throws ErrnoException {
    return switch (header.opcode()) {
      case 1 -> new Request.Lookup(name(header, buffer, ARGUMENTS));
      case 2 -> new Request.Forget(buffer.getLong(ARGUMENTS));
      case 3 -> new Request.GetAttributes();
      case 5 -> new Request.Refused(Errno.EINVAL); // READLINK: there are no links
      case 14 -> new Request.Open(access(buffer.getInt(ARGUMENTS)));
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
      default -> change(header, buffer);
    };
  }

  private static Request change(RequestHeader header, ByteBuffer buffer) throws ErrnoException {
    return switch (header.opcode()) {
      case 4 -> setAttributes(buffer);
      case 9 -> new Request.MakeDirectory(name(header, buffer, ARGUMENTS + 8));
      case 10 -> new Request.Unlink(name(header, buffer, ARGUMENTS));
      case 11 -> new Request.RemoveDirectory(name(header, buffer, ARGUMENTS));
      case 12 -> rename(header, buffer, ARGUMENTS + 8, 0);
      case 16 -> write(buffer);
      case 25 -> new Request.Flush(buffer.getLong(ARGUMENTS));
      case 35 -> new Request.Create(name(header, buffer, ARGUMENTS + 16));
      case 45 -> rename(header, buffer, ARGUMENTS + 16, buffer.getInt(ARGUMENTS + 8));
      case 6, 8, 13 -> new Request.Untaken(Errno.EPERM); // SYMLINK MKNOD LINK
      // SETXATTR REMOVEXATTR FALLOCATE COPY_FILE_RANGE TMPFILE: the kernel does without.
      case 21, 24, 43, 47, 51 -> new Request.Untaken(Errno.ENOSYS);
      default -> new Request.Refused(Errno.ENOSYS); // The kernel does without and stops asking.
    };
  }

  /// Whether the kernel waits for an answer to `request`.
  public static boolean isAnswered(Request request) {
    return !(request instanceof Request.Forget
        || request instanceof Request.BatchForget
        || request instanceof Request.Interrupt);
  }

  private static Access access(int flags) {
    return (flags & ACCESS_MODE) == 0 ? Access.READING : Access.WRITING;
  }

  /// `struct fuse_setattr_in`.
  private static Request setAttributes(ByteBuffer buffer) {
    boolean size = (buffer.getInt(ARGUMENTS) & SIZE_IS_SET) != 0;
    return new Request.SetAttributes(
        size ? OptionalLong.of(buffer.getLong(ARGUMENTS + 16)) : OptionalLong.empty());
  }

  /// `struct fuse_write_in` and the bytes.
  private static Request write(ByteBuffer buffer) {
    int size = buffer.getInt(ARGUMENTS + 16);
    return new Request.Write(
        buffer.getLong(ARGUMENTS),
        buffer.getLong(ARGUMENTS + 8),
        buffer.slice(ARGUMENTS + WRITE_BYTES, size));
  }

  /// Two names, one after the other.
  private static Request rename(RequestHeader header, ByteBuffer buffer, int names, int flags)
      throws ErrnoException {
    int second = end(header, buffer, names) + 1;
    return new Request.Rename(
        name(header, buffer, names),
        buffer.getLong(ARGUMENTS),
        name(header, buffer, second),
        flags);
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
    return FileNames.decode(buffer.slice(offset, end(header, buffer, offset) - offset));
  }

  private static int end(RequestHeader header, ByteBuffer buffer, int offset) {
    int end = offset;
    while (end < header.lengthBytes() && buffer.get(end) != 0) {
      end++;
    }
    return end;
  }
}
