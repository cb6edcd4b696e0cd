package io.gridset.flight;

import io.gridset.core.object.ObjectAttributes;
import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import io.gridset.core.object.ObjectStore;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.flight.ipc.IpcAssembler;
import io.gridset.flight.rpc.RpcCall;
import io.gridset.flight.rpc.RpcException;
import io.gridset.flight.rpc.RpcMessage;
import io.gridset.flight.wire.FlightMessages;
import io.gridset.flight.wire.ProtoReader;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// `DoPut`: what a client sends becomes an object when all of it has come, or nothing. Thread-safe.
final class ObjectReceiver {
  private static final int METADATA_BYTES_MAX = 16 << 20;

  private final ObjectStore store;

  ObjectReceiver(ObjectStore store) {
    this.store = store;
  }

  void receive(RpcCall call) throws IOException {
    ObjectAttributes attributes = attributes(call);
    Put put = new Put();
    try (put) {
      RpcMessage message = call.next();
      while (message != null) {
        put.take(message);
        message = call.next();
      }
      ObjectInfo object = put.seal(attributes);
      call.send(
          List.of(
              FlightMessages.putResult(
                  "{\"name\":\"%s\",\"id\":\"%s\",\"rows\":%d,\"bytes\":%d}"
                      .formatted(
                          ObjectAddress.path(object.name()),
                          object.id(),
                          object.rows(),
                          object.bytes()))));
    }
  }

  /// What the call's metadata say beside the table.
  private static ObjectAttributes attributes(RpcCall call) throws RpcException {
    long replicas = number(call, "gridset-replicas").orElse(1L);
    Optional<Long> seconds = number(call, "gridset-time-to-live-seconds");
    try {
      return new ObjectAttributes(
          "table",
          call.header("gridset-persist").filter("true"::equalsIgnoreCase).isPresent(),
          Math.toIntExact(replicas),
          seconds.map(Duration::ofSeconds).orElse(null),
          Map.of(),
          List.of(),
          "flight");
    } catch (IllegalArgumentException e) {
      throw RpcException.invalid(String.valueOf(e.getMessage()));
    }
  }

  private static Optional<Long> number(RpcCall call, String header) throws RpcException {
    Optional<String> value = call.header(header);
    if (value.filter(text -> !text.matches("[0-9]{1,9}")).isPresent()) {
      throw RpcException.invalid(header + " must be a number, not '" + value.get() + "'");
    }
    return value.map(Long::valueOf);
  }

  /// A put under way.
  private final class Put implements AutoCloseable {
    private @Nullable ObjectName name;
    private @Nullable IpcAssembler file;

    /// Takes the fields of a `FlightData`: the body is read as it arrives, after what describes it.
    void take(RpcMessage message) throws IOException {
      ProtoReader fields = ProtoReader.of(message);
      byte @Nullable [] metadata = null;
      while (fields.next()) {
        switch (fields.field()) {
          case FlightMessages.DATA_DESCRIPTOR -> begin(FlightMessages.path(fields.inner()));
          case FlightMessages.DATA_HEADER -> metadata = fields.bytes(METADATA_BYTES_MAX);
          case FlightMessages.DATA_BODY -> {
            if (metadata == null) {
              throw RpcException.invalid("a body before its metadata");
            }
            long length = fields.length();
            file().message(metadata, fields.streamed(), length);
            metadata = null;
          }
          default -> {}
        }
      }
      if (metadata != null && metadata.length > 0) {
        file().message(metadata);
      }
    }

    private void begin(List<String> path) throws IOException {
      if (name != null) {
        return; // Said again.
      }
      ObjectName wanted = ObjectAddress.ofPath(path).name();
      if (store.find(wanted).isPresent()) { // Before the bytes travel; sealing looks again.
        throw StorageException.of(
            Kind.ALREADY_EXISTS, "there is an object " + wanted + " already: delete it first");
      }
      name = wanted;
      file = new IpcAssembler(store, wanted.namespace());
    }

    private IpcAssembler file() throws RpcException {
      IpcAssembler begun = file;
      if (begun == null) {
        throw RpcException.invalid("a stream that does not begin with a descriptor");
      }
      return begun;
    }

    ObjectInfo seal(ObjectAttributes attributes) throws IOException {
      IpcAssembler begun = file();
      ObjectName wanted = name;
      if (wanted == null) {
        throw new IllegalStateException("begun without a name");
      }
      return begun.seal(wanted, attributes);
    }

    @Override
    public void close() {
      IpcAssembler begun = file;
      if (begun != null) {
        begun.close();
      }
    }
  }
}
