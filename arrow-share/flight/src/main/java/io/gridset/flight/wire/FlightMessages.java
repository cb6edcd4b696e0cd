package io.gridset.flight.wire;

import io.gridset.flight.rpc.RpcException;
import io.gridset.flight.rpc.RpcMessage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// The small messages of `Flight.proto`.
public final class FlightMessages {
  /// The fields of `FlightData`, in which a stream's messages travel.
  public static final int DATA_DESCRIPTOR = 1;

  public static final int DATA_HEADER = 2;
  public static final int DATA_BODY = 1000;

  private static final int PATH = 1;
  private static final int SMALL_BYTES_MAX = 64 << 10;
  private static final int PATH_PARTS_MAX = 256;

  private FlightMessages() {}

  /// The path of a `FlightDescriptor`.
  ///
  /// @throws RpcException INVALID_ARGUMENT when it is a command
  public static List<String> path(ProtoReader descriptor) throws RpcException {
    List<String> parts = new ArrayList<>();
    long type = 0;
    while (descriptor.next()) {
      switch (descriptor.field()) {
        case 1 -> type = descriptor.number();
        case 3 -> parts.add(descriptor.text(SMALL_BYTES_MAX));
        default -> {}
      }
      if (parts.size() > PATH_PARTS_MAX) {
        throw RpcException.invalid("a path of more than " + PATH_PARTS_MAX + " parts");
      }
    }
    if (type != PATH || parts.isEmpty()) {
      throw RpcException.invalid(
          "objects are named by a descriptor of type PATH, such as path(\"risk/2024/x_train\")");
    }
    return parts;
  }

  /// The text in field 1, which is what `Ticket`, `Criteria` and (as a name) `Action` have; empty
  /// when missing.
  public static String first(RpcMessage message) throws RpcException {
    String text = "";
    ProtoReader fields = ProtoReader.of(message);
    while (fields.next()) {
      if (fields.field() == 1) {
        text = fields.text(SMALL_BYTES_MAX);
      }
    }
    return text;
  }

  /// `FlightDescriptor` of type PATH, with one part.
  public static ProtoWriter descriptor(String path) {
    return new ProtoWriter().number(1, PATH).text(3, path);
  }

  /// `FlightInfo`.
  ///
  /// @param schema encapsulated; empty when not known
  /// @param ticket of the one endpoint, which is the service that was asked
  public record Info(String path, ByteBuffer schema, String ticket, long rows, long bytes) {
    public ByteBuffer encoded() {
      ProtoWriter endpoint = new ProtoWriter().message(1, new ProtoWriter().text(1, ticket));
      ProtoWriter info = new ProtoWriter();
      if (schema.hasRemaining()) {
        info.bytes(1, schema);
      }
      return info.message(2, descriptor(path))
          .message(3, endpoint)
          .number(4, rows)
          .number(5, bytes)
          .toBuffer();
    }
  }

  /// `SchemaResult`.
  public static ByteBuffer schemaResult(ByteBuffer schema) {
    return new ProtoWriter().bytes(1, schema).toBuffer();
  }

  /// `PutResult`.
  public static ByteBuffer putResult(String metadata) {
    return new ProtoWriter().text(1, metadata).toBuffer();
  }
}
