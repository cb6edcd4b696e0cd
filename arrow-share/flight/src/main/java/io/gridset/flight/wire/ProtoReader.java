package io.gridset.flight.wire;

import io.gridset.flight.rpc.RpcException;
import io.gridset.flight.rpc.RpcMessage;
import java.nio.charset.StandardCharsets;

/// Reads the fields of a message as it arrives: `while (reader.next()) switch (reader.field()) …`.
/// A field that is not read is skipped. For one thread.
public final class ProtoReader {
  /// Of the wire types: numbers, and what tells its length.
  private static final int VARINT = 0;

  private static final int FIXED_64 = 1;
  private static final int DELIMITED = 2;
  private static final int FIXED_32 = 5;

  private static final int VARINT_BYTES_MAX = 10;

  private final RpcMessage message;
  private final long end;
  private int field;
  private int type;
  private long length;
  private boolean taken = true;

  private ProtoReader(RpcMessage message, long end) {
    this.message = message;
    this.end = end;
  }

  public static ProtoReader of(RpcMessage message) {
    return new ProtoReader(message, 0);
  }

  /// Goes to the next field; false at the end.
  public boolean next() throws RpcException {
    if (!taken) {
      skip();
    }
    if (message.remaining() <= end) {
      return false;
    }
    long tag = varint();
    field = (int) (tag >>> 3);
    type = (int) (tag & 7);
    taken = false;
    length =
        switch (type) {
          case VARINT -> 0;
          case FIXED_64 -> Long.BYTES;
          case FIXED_32 -> Integer.BYTES;
          case DELIMITED -> checked(varint());
          default -> throw RpcException.invalid("a message with a field of wire type " + type);
        };
    return true;
  }

  /// The number of the field.
  public int field() {
    return field;
  }

  /// Bytes that the field has.
  public long length() {
    return length;
  }

  /// A number.
  public long number() throws RpcException {
    expect(VARINT);
    return varint();
  }

  /// Bytes, a text or a message of `most` bytes at most.
  public byte[] bytes(int most) throws RpcException {
    expect(DELIMITED);
    if (length > most) {
      throw RpcException.invalid(
          "field " + field + " has " + length + " bytes, " + most + " are the most");
    }
    return message.bytes((int) length);
  }

  public String text(int most) throws RpcException {
    return new String(bytes(most), StandardCharsets.UTF_8);
  }

  /// The fields of a message within this one, to be read before this one goes on.
  public ProtoReader inner() throws RpcException {
    expect(DELIMITED);
    return new ProtoReader(message, message.remaining() - length);
  }

  /// The message itself, whose next [#length] bytes are this field: whoever calls this reads all of
  /// them.
  public RpcMessage streamed() throws RpcException {
    expect(DELIMITED);
    return message;
  }

  private void expect(int wanted) throws RpcException {
    if (type != wanted || taken) {
      throw RpcException.invalid("field " + field + " is of another type than the protocol says");
    }
    taken = true;
  }

  private void skip() throws RpcException {
    taken = true;
    if (type == VARINT) {
      varint();
    } else {
      message.skip(length);
    }
  }

  private long checked(long bytes) throws RpcException {
    if (bytes < 0 || bytes > message.remaining() - end) {
      throw RpcException.invalid("a field is longer than its message");
    }
    return bytes;
  }

  private long varint() throws RpcException {
    long value = 0;
    for (int i = 0; i < VARINT_BYTES_MAX; i++) {
      byte next = message.next();
      value |= (long) (next & 0x7f) << (7 * i);
      if (next >= 0) {
        return value;
      }
    }
    throw RpcException.invalid("a number of more than 64 bits");
  }
}
