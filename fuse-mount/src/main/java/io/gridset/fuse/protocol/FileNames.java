package io.gridset.fuse.protocol;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// File names between Java's strings and the kernel's bytes. Names are UTF-8 of 1 to 255 bytes
/// without slash and NUL; others exist on neither side.
public final class FileNames {
  /// NAME_MAX, which `statfs` promises and every file system of Linux keeps.
  public static final int LIMIT_BYTES = 255;

  private FileNames() {}

  /// @throws ErrnoException ENAMETOOLONG, or ENOENT for bytes that are no UTF-8 (no object store
  ///   has such a name, so there is no such file)
  public static String decode(ByteBuffer bytes) throws ErrnoException {
    if (bytes.remaining() > LIMIT_BYTES) {
      throw new ErrnoException(Errno.ENAMETOOLONG);
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new ErrnoException(Errno.ENOENT);
    }
  }

  /// The bytes of a name, or empty when the kernel would not take it.
  public static Optional<byte[]> encode(String name) {
    if (name.isEmpty()
        || name.equals(".")
        || name.equals("..")
        || name.indexOf('\0') >= 0
        || name.indexOf('/') >= 0) {
      return Optional.empty();
    }
    try {
      ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(name));
      if (encoded.remaining() > LIMIT_BYTES) {
        return Optional.empty();
      }
      byte[] bytes = new byte[encoded.remaining()];
      encoded.get(bytes);
      return Optional.of(bytes);
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }
}
