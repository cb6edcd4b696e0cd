package io.gridset.client.wire;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// A frame that came, read from front to back. Whatever does not fit is CORRUPT. For one thread.
public final class Frame {
  private final FrameType type;
  private final ByteBuffer body;

  Frame(FrameType type, byte[] body) {
    this.type = type;
    this.body = ByteBuffer.wrap(body);
  }

  public FrameType type() {
    return type;
  }

  public int readByte() throws StorageException {
    try {
      return body.get() & 0xFF;
    } catch (BufferUnderflowException e) {
      throw tooShort(e);
    }
  }

  public int readInt() throws StorageException {
    try {
      return body.getInt();
    } catch (BufferUnderflowException e) {
      throw tooShort(e);
    }
  }

  public long readLong() throws StorageException {
    try {
      return body.getLong();
    } catch (BufferUnderflowException e) {
      throw tooShort(e);
    }
  }

  /// Bytes with their length ahead.
  public byte[] readBytes() throws StorageException {
    int length = readInt();
    if (length < 0 || length > body.remaining()) {
      throw corrupt("a length of " + length + " in a " + type + " frame, which is shorter");
    }
    byte[] bytes = new byte[length];
    body.get(bytes);
    return bytes;
  }

  /// UTF-8 with its length ahead.
  public String readText() throws StorageException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(readBytes())).toString();
    } catch (CharacterCodingException e) {
      throw StorageException.of(Kind.CORRUPT, "a " + type + " frame has text that is not UTF-8", e);
    }
  }

  /// What is left.
  public byte[] readRest() {
    byte[] bytes = new byte[body.remaining()];
    body.get(bytes);
    return bytes;
  }

  /// Says that no more is expected.
  public void end() throws StorageException {
    if (body.hasRemaining()) {
      throw corrupt(body.remaining() + " bytes too many in a " + type + " frame");
    }
  }

  /// This frame's failure, when it has come in place of another.
  public StorageException unexpected() {
    return corrupt("a " + type + " frame came where it has no place");
  }

  private StorageException tooShort(BufferUnderflowException cause) {
    return StorageException.of(Kind.CORRUPT, "a " + type + " frame is too short", cause);
  }

  private static StorageException corrupt(String what) {
    return StorageException.of(Kind.CORRUPT, what);
  }
}
