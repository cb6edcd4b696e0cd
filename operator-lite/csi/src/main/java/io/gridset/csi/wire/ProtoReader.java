package io.gridset.csi.wire;

import io.gridset.csi.rpc.RpcException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/// Reads the fields of a small message: `while (reader.next()) switch (reader.field()) …`. A field
/// that is not read is skipped. For one thread.
final class ProtoReader {
  private static final int VARINT = 0;
  private static final int FIXED_64 = 1;
  private static final int DELIMITED = 2;
  private static final int FIXED_32 = 5;
  private static final int VARINT_BYTES_MAX = 10;

  private final ByteBuffer bytes;
  private int field;
  private int type;
  private boolean taken = true;

  ProtoReader(byte[] message) {
    this.bytes = ByteBuffer.wrap(message);
  }

  /// Goes to the next field; false at the end.
  boolean next() throws RpcException {
    if (!taken) {
      skip();
    }
    if (!bytes.hasRemaining()) {
      return false;
    }
    long tag = varint();
    field = (int) (tag >>> 3);
    type = (int) (tag & 7);
    taken = false;
    return true;
  }

  int field() {
    return field;
  }

  long number() throws RpcException {
    expect(VARINT);
    return varint();
  }

  String text() throws RpcException {
    return new String(inner(), StandardCharsets.UTF_8);
  }

  /// The bytes of a field that has a length: a text or a message.
  byte[] inner() throws RpcException {
    expect(DELIMITED);
    byte[] value = new byte[length(varint())];
    bytes.get(value);
    return value;
  }

  /// An entry of `map<string, string>`.
  void entry(Map<String, String> into) throws RpcException {
    ProtoReader entry = new ProtoReader(inner());
    String key = "";
    String value = "";
    while (entry.next()) {
      switch (entry.field()) {
        case 1 -> key = entry.text();
        case 2 -> value = entry.text();
        default -> {}
      }
    }
    into.put(key, value);
  }

  private void expect(int wanted) throws RpcException {
    if (type != wanted || taken) {
      throw RpcException.invalid("field " + field + " is of another type than csi.proto says");
    }
    taken = true;
  }

  private void skip() throws RpcException {
    taken = true;
    switch (type) {
      case VARINT -> varint();
      case FIXED_64 -> advance(Long.BYTES);
      case FIXED_32 -> advance(Integer.BYTES);
      case DELIMITED -> advance(varint());
      default -> throw RpcException.invalid("a message with a field of wire type " + type);
    }
  }

  private void advance(long count) throws RpcException {
    bytes.position(bytes.position() + length(count));
  }

  private int length(long count) throws RpcException {
    if (count < 0 || count > bytes.remaining()) {
      throw RpcException.invalid("a field is longer than its message");
    }
    return (int) count;
  }

  private long varint() throws RpcException {
    long value = 0;
    for (int i = 0; i < VARINT_BYTES_MAX; i++) {
      if (!bytes.hasRemaining()) {
        throw RpcException.invalid("a message ends within a number");
      }
      byte next = bytes.get();
      value |= (long) (next & 0x7f) << (7 * i);
      if (next >= 0) {
        return value;
      }
    }
    throw RpcException.invalid("a number of more than 64 bits");
  }
}
