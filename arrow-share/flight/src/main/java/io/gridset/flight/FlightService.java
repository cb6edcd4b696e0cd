package io.gridset.flight;

import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import io.gridset.core.object.ObjectStore;
import io.gridset.core.object.UnknownObject;
import io.gridset.core.store.StorageException;
import io.gridset.flight.ipc.IpcTable;
import io.gridset.flight.ipc.ObjectBytes;
import io.gridset.flight.rpc.RpcCall;
import io.gridset.flight.rpc.RpcCode;
import io.gridset.flight.rpc.RpcException;
import io.gridset.flight.rpc.RpcMessage;
import io.gridset.flight.wire.FlightMessages;
import io.gridset.flight.wire.ProtoReader;
import io.gridset.flight.wire.ProtoWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// The methods of `FlightService`. Thread-safe.
final class FlightService {
  private static final String SERVICE = "/arrow.flight.protocol.FlightService/";
  private static final String DELETE = "delete";

  private final ObjectStore store;
  private final Access access;
  private final ObjectReceiver receiver;

  FlightService(ObjectStore store, Access access) {
    this.store = store;
    this.access = access;
    this.receiver = new ObjectReceiver(store);
  }

  void handle(RpcCall call) throws IOException {
    String token = Credentials.check(call, access);
    try {
      dispatch(call, token);
    } catch (StorageException e) {
      throw Failures.of(e);
    } catch (UncheckedIOException e) {
      throw e.getCause() instanceof StorageException cause ? Failures.of(cause) : e.getCause();
    }
  }

  private void dispatch(RpcCall call, String token) throws IOException {
    String method =
        call.method().startsWith(SERVICE) ? call.method().substring(SERVICE.length()) : "";
    switch (method) {
      case "Handshake" -> call.answerHeader("authorization", Credentials.bearer(token));
      case "ListFlights" -> list(call);
      case "GetFlightInfo" -> call.send(List.of(info(call)));
      case "GetSchema" -> call.send(List.of(schema(call)));
      case "DoGet" -> get(call);
      case "DoPut" -> receiver.receive(call);
      case "DoAction" -> act(call);
      case "ListActions" ->
          call.send(
              List.of(
                  new ProtoWriter()
                      .text(1, DELETE)
                      .text(2, "Deletes the object whose name is the action's body.")
                      .toBuffer()));
      default ->
          throw new RpcException(
              RpcCode.UNIMPLEMENTED,
              call.method() + " is not served here: objects are listed, got, put and deleted");
    }
  }

  private static RpcMessage only(RpcCall call) throws RpcException {
    RpcMessage message = call.next();
    if (message == null) {
      throw RpcException.invalid("a call without its message");
    }
    return message;
  }

  private void list(RpcCall call) throws IOException {
    ObjectName.Prefix prefix = ObjectAddress.prefix(FlightMessages.first(only(call)));
    for (ObjectInfo object : store.list(prefix.namespace(), prefix.path())) {
      call.send(List.of(encoded(object, schemaIfHere(object))));
    }
  }

  /// Empty for an object that another node holds, or that has gone meanwhile: a list fetches
  /// nothing.
  private ByteBuffer schemaIfHere(ObjectInfo object) {
    try (ObjectBytes bytes = new ObjectBytes(store.open(object.name(), ObjectStore.Reach.LOCAL))) {
      return IpcTable.of(bytes).encapsulatedSchema();
    } catch (StorageException _) {
      return ByteBuffer.allocate(0);
    }
  }

  private ByteBuffer info(RpcCall call) throws IOException {
    ObjectAddress address = ObjectAddress.ofPath(FlightMessages.path(ProtoReader.of(only(call))));
    try (Opened opened = open(address)) {
      return encoded(opened.info, opened.table().encapsulatedSchema());
    }
  }

  private ByteBuffer schema(RpcCall call) throws IOException {
    ObjectAddress address = ObjectAddress.ofPath(FlightMessages.path(ProtoReader.of(only(call))));
    try (Opened opened = open(address)) {
      return FlightMessages.schemaResult(opened.table().encapsulatedSchema());
    }
  }

  private static ByteBuffer encoded(ObjectInfo object, ByteBuffer schema) {
    return new FlightMessages.Info(
            ObjectAddress.path(object.name()),
            schema,
            ObjectAddress.ticket(object),
            object.rows(),
            object.bytes())
        .encoded();
  }

  private void get(RpcCall call) throws IOException {
    ObjectAddress address = ObjectAddress.ofTicket(FlightMessages.first(only(call)));
    try (Opened opened = open(address)) {
      IpcTable table = opened.table();
      send(call, new IpcTable.Part(table.schema(), List.of()));
      table.send(part -> send(call, part));
    }
  }

  private static void send(RpcCall call, IpcTable.Part part) throws RpcException {
    ProtoWriter head = new ProtoWriter();
    head.begin(FlightMessages.DATA_HEADER, part.metadata().remaining());
    ProtoWriter body = new ProtoWriter();
    if (!part.body().isEmpty()) {
      body.begin(FlightMessages.DATA_BODY, part.bodyBytes());
    }
    List<ByteBuffer> message =
        new ArrayList<>(List.of(head.toBuffer(), part.metadata(), body.toBuffer()));
    message.addAll(part.body());
    call.send(message);
  }

  private void act(RpcCall call) throws IOException {
    String type = "";
    String body = "";
    ProtoReader fields = ProtoReader.of(only(call));
    while (fields.next()) {
      switch (fields.field()) {
        case 1 -> type = fields.text(1 << 10);
        case 2 -> body = fields.text(1 << 10);
        default -> {}
      }
    }
    if (!type.equals(DELETE)) {
      throw new RpcException(
          RpcCode.UNIMPLEMENTED, "there is no action '" + type + "', only " + DELETE);
    }
    ObjectAddress address = ObjectAddress.ofTicket(body);
    if (!store.delete(address.name())) {
      throw UnknownObject.in(store, address.name());
    }
  }

  /// An object that is being read.
  private record Opened(ObjectInfo info, ObjectBytes bytes) implements AutoCloseable {
    IpcTable table() throws StorageException {
      return IpcTable.of(bytes);
    }

    @Override
    public void close() {
      bytes.close();
    }
  }

  /// Opens an object, bringing it here when another node holds it.
  private Opened open(ObjectAddress address) throws IOException {
    ObjectBytes bytes = new ObjectBytes(store.open(address.name(), ObjectStore.Reach.FETCH));
    try {
      ObjectInfo info =
          store.find(address.name()).orElseThrow(() -> UnknownObject.in(store, address.name()));
      if (!bytes.isOf(info.id()) || address.id().filter(id -> !id.equals(info.id())).isPresent()) {
        throw new RpcException(
            RpcCode.NOT_FOUND,
            "the object " + address.name() + " was replaced: ask for its FlightInfo again");
      }
      return new Opened(info, bytes);
    } catch (IOException | RuntimeException e) {
      bytes.close();
      throw e;
    }
  }
}
