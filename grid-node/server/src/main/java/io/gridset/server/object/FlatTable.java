package io.gridset.server.object;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/// A table of a flatbuffer that nobody vouches for: every offset is checked before it is followed,
/// and leads forward only, so that no bytes whatever make a reader run in circles or out of the
/// buffer. Fields are named by their number in the schema; a missing one has its default.
///
/// Source: "FlatBuffers internals" of the FlatBuffers documentation.
final class FlatTable {
  private static final int LONGEST_TEXT = 1 << 16;

  private final ByteBuffer bytes;
  private final int position;
  private final int slots;
  private final int slotBytes;

  private FlatTable(ByteBuffer bytes, int position) throws StorageException {
    this.bytes = bytes;
    this.position = checked(bytes, position, 4);
    this.slots = checked(bytes, (long) position - bytes.getInt(position), 4);
    this.slotBytes = Short.toUnsignedInt(bytes.getShort(slots));
    checked(bytes, slots, slotBytes);
  }

  /// The root of the buffer that is all of `bytes`.
  static FlatTable root(ByteBuffer bytes) throws StorageException {
    ByteBuffer own = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    return new FlatTable(own, follow(own, checked(own, 0, 4)));
  }

  long longAt(int field, long otherwise) throws StorageException {
    int at = place(field, 8);
    return at == 0 ? otherwise : bytes.getLong(at);
  }

  int intAt(int field, int otherwise) throws StorageException {
    int at = place(field, 4);
    return at == 0 ? otherwise : bytes.getInt(at);
  }

  int shortAt(int field, int otherwise) throws StorageException {
    int at = place(field, 2);
    return at == 0 ? otherwise : bytes.getShort(at);
  }

  int byteAt(int field) throws StorageException {
    int at = place(field, 1);
    return at == 0 ? 0 : Byte.toUnsignedInt(bytes.get(at));
  }

  @Nullable FlatTable tableAt(int field) throws StorageException {
    int at = place(field, 4);
    return at == 0 ? null : new FlatTable(bytes, follow(bytes, at));
  }

  /// A text, cut at 64 KiB; empty when missing.
  String textAt(int field) throws StorageException {
    Elements text = elementsAt(field, 1);
    byte[] raw = new byte[Math.min(text.count, LONGEST_TEXT)];
    bytes.get(text.start, raw);
    return new String(raw, UTF_8);
  }

  /// A vector of elements of `elementBytes` bytes (4 for tables); empty when missing.
  Elements elementsAt(int field, int elementBytes) throws StorageException {
    int at = place(field, 4);
    if (at == 0) {
      return new Elements(0, 0, elementBytes);
    }
    int start = follow(bytes, at);
    long count = bytes.getInt(checked(bytes, start, 4));
    if (count < 0) {
      throw malformed();
    }
    checked(bytes, start + 4L, count * elementBytes);
    return new Elements(start + 4, (int) count, elementBytes);
  }

  /// A vector, whole within the buffer.
  final class Elements {
    private final int start;
    private final int count;
    private final int elementBytes;

    private Elements(int start, int count, int elementBytes) {
      this.start = start;
      this.count = count;
      this.elementBytes = elementBytes;
    }

    int count() {
      return count;
    }

    /// Eight bytes of an element that is a struct, from its byte `offset`.
    long longAt(int index, int offset) {
      return bytes.getLong(start + index * elementBytes + offset);
    }

    int intAt(int index, int offset) {
      return bytes.getInt(start + index * elementBytes + offset);
    }

    FlatTable tableAt(int index) throws StorageException {
      return new FlatTable(bytes, follow(bytes, start + index * elementBytes));
    }
  }

  private int place(int field, int size) throws StorageException {
    int slot = 4 + 2 * field;
    if (slot + 2 > slotBytes) {
      return 0;
    }
    int offset = Short.toUnsignedInt(bytes.getShort(slots + slot));
    return offset == 0 ? 0 : checked(bytes, (long) position + offset, size);
  }

  private static int follow(ByteBuffer bytes, int at) throws StorageException {
    int offset = bytes.getInt(at);
    if (offset <= 0) {
      throw malformed();
    }
    return checked(bytes, (long) at + offset, 4);
  }

  private static int checked(ByteBuffer bytes, long at, long size) throws StorageException {
    if (at < 0 || at + size > bytes.limit()) {
      throw malformed();
    }
    return (int) at;
  }

  private static StorageException malformed() {
    return StorageException.of(
        Kind.INVALID,
        "not an Arrow IPC file that can be mapped: its metadata points outside itself");
  }
}
