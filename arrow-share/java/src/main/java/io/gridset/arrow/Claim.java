package io.gridset.arrow;

import io.gridset.arrow.ipc.AlignedIpcWriter;
import java.util.function.Consumer;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.types.pojo.Schema;

/// The right to make an object that several processes of the grid want and one shall make. It ends
/// with the put, with `close()`, and with this process. For one thread.
public final class Claim implements AutoCloseable {
  /// What became of a claim.
  public enum State {
    /// The caller is to put the object.
    GRANTED,
    /// It is there: get it.
    EXISTS,
    /// Somebody else is still making it.
    BUSY
  }

  private final ObjectPath path;
  private final State state;
  private final Connection connection;
  private final Consumer<Connection> giveBack;
  private boolean closed;

  Claim(ObjectPath path, State state, Connection connection, Consumer<Connection> giveBack) {
    this.path = path;
    this.state = state;
    this.connection = connection;
    this.giveBack = giveBack;
  }

  public State state() {
    return state;
  }

  /// Puts the claimed object.
  public ObjectInfo put(VectorSchemaRoot batch, DictionaryProvider dictionaries)
      throws ObjectException {
    try (ObjectWriter writer = writer(batch.getSchema(), dictionaries, ObjectAttributes.plain())) {
      writer.append(batch);
      return writer.seal();
    }
  }

  /// A writer of the claimed object, to be closed before the claim is.
  public ObjectWriter writer(
      Schema schema, DictionaryProvider dictionaries, ObjectAttributes attributes) {
    if (state != State.GRANTED || closed) {
      throw new IllegalStateException(path + ": the claim is " + (closed ? "closed" : state));
    }
    return new ObjectWriter(
        connection,
        kept -> {},
        new ObjectWriter.Target(path, attributes),
        new AlignedIpcWriter(schema, dictionaries));
  }

  /// Lets somebody else make the object, unless it was put.
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      if (state == State.GRANTED) {
        connection.call(path.into(Wire.request("release")));
      }
    } catch (ObjectException e) {
      // The end of the connection releases it as well.
      connection.interrupt();
    } finally {
      giveBack.accept(connection);
    }
  }
}
