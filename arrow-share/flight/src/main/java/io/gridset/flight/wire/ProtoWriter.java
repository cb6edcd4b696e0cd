package io.gridset.flight.wire;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// Writes the fields of a small message. For one thread.
public final class ProtoWriter {
  private static final int DELIMITED = 2;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  public ProtoWriter number(int field, long value) {
    varint((long) field << 3);
    varint(value);
    return this;
  }

  public ProtoWriter bytes(int field, byte[] value) {
    begin(field, value.length);
    out.writeBytes(value);
    return this;
  }

  /// All that remains in `value`, whose position stays.
  public ProtoWriter bytes(int field, ByteBuffer value) {
    byte[] copy = new byte[value.remaining()];
    value.get(value.position(), copy);
    return bytes(field, copy);
  }

  public ProtoWriter text(int field, String value) {
    return bytes(field, value.getBytes(StandardCharsets.UTF_8));
  }

  public ProtoWriter message(int field, ProtoWriter value) {
    return bytes(field, value.toBytes());
  }

  /// The head of a field whose `length` bytes follow elsewhere.
  public ProtoWriter begin(int field, long length) {
    varint((long) field << 3 | DELIMITED);
    varint(length);
    return this;
  }

  public byte[] toBytes() {
    return out.toByteArray();
  }

  public ByteBuffer toBuffer() {
    return ByteBuffer.wrap(toBytes());
  }

  private void varint(long value) {
    long left = value;
    while ((left & ~0x7fL) != 0) {
      out.write((int) ((left & 0x7f) | 0x80));
      left >>>= 7;
    }
    out.write((int) left);
  }
}
