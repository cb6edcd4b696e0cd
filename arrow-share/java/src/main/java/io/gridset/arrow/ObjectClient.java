package io.gridset.arrow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.arrow.ipc.AlignedIpcWriter;
import io.gridset.arrow.ipc.MappedIpc;
import io.gridset.arrow.ipc.NotIpcException;
import io.gridset.arrow.source.BatchSource;
import io.gridset.arrow.system.Descriptor;
import io.gridset.arrow.system.Region;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;

/// Puts and gets the objects of a node on this machine. A name is `namespace:name`, or `name` alone
/// for the namespace `default`. Thread-safe; calls block.
public final class ObjectClient implements AutoCloseable {
  private static final int PAGE = 1000;

  private final ClientSettings settings;
  private final Connections connections;
  private final BufferAllocator allocator = new RootAllocator();
  private final Set<ArrowObject> open = Collections.synchronizedSet(new HashSet<>());

  private ObjectClient(ClientSettings settings) {
    this.settings = settings;
    this.connections = new Connections(settings);
  }

  /// Connects with this machine's node, which [ClientSettings#of] finds.
  ///
  /// @throws ObjectException UNAVAILABLE, saying where it was looked for
  public static ObjectClient connect() throws IOException {
    return connect(ClientSettings.of(System.getenv()));
  }

  /// Connects with the node that listens at a socket.
  public static ObjectClient connect(Path socket) throws ObjectException {
    return connect(ClientSettings.at(socket));
  }

  public static ObjectClient connect(ClientSettings settings) throws ObjectException {
    ObjectClient client = new ObjectClient(settings);
    try {
      client.connections.giveBack(client.connections.lease());
      return client;
    } catch (ObjectException e) {
      client.close();
      throw e;
    }
  }

  /// Puts a batch, without dictionaries, as an object of plain attributes.
  ///
  /// @throws ObjectException ALREADY_EXISTS when the name is in use; NO_SPACE when the node's
  ///   memory is full
  public ObjectInfo put(String name, VectorSchemaRoot batch) throws ObjectException {
    return put(name, batch, new DictionaryProvider.MapDictionaryProvider());
  }

  /// Puts a batch whose fields in dictionary form have their dictionaries in `dictionaries`.
  public ObjectInfo put(String name, VectorSchemaRoot batch, DictionaryProvider dictionaries)
      throws ObjectException {
    try (ObjectWriter writer = writer(name, batch.getSchema(), dictionaries)) {
      writer.append(batch);
      return writer.seal();
    }
  }

  /// Puts all batches of a source, which stays the caller's to close.
  ///
  /// @throws IOException what the source throws
  public ObjectInfo put(String name, BatchSource source, ObjectAttributes attributes)
      throws IOException {
    try (ObjectWriter writer = writer(name, source.schema(), source.dictionaries(), attributes)) {
      writer.expect(source.expectedBytes());
      for (VectorSchemaRoot batch = source.next(); batch != null; batch = source.next()) {
        writer.append(batch);
      }
      return writer.seal();
    }
  }

  /// A writer of an object whose batches come one by one. Nothing is visible before its `seal()`.
  ///
  /// @param schema as vectors have it
  public ObjectWriter writer(String name, Schema schema, DictionaryProvider dictionaries)
      throws ObjectException {
    return writer(name, schema, dictionaries, ObjectAttributes.plain());
  }

  public ObjectWriter writer(
      String name, Schema schema, DictionaryProvider dictionaries, ObjectAttributes attributes)
      throws ObjectException {
    AlignedIpcWriter file = new AlignedIpcWriter(schema, dictionaries);
    return new ObjectWriter(
        connections.lease(),
        connections::giveBack,
        new ObjectWriter.Target(ObjectPath.of(name), attributes),
        file);
  }

  /// Maps an object that this node holds.
  ///
  /// @throws ObjectException NOT_FOUND with the nearest names; UNAVAILABLE when nobody holds its
  ///   bytes, or another node does: [#fetch] brings it here
  public ArrowObject get(String name) throws ObjectException {
    return get(name, false, allocator);
  }

  /// Maps an object, and brings it here first when another node holds it.
  public ArrowObject fetch(String name) throws ObjectException {
    return get(name, true, allocator);
  }

  /// As [#fetch], with vectors of an allocator of the caller's, for engines that pass buffers on
  /// only among allocators of one root. The object's bytes count there, though nothing is
  /// allocated.
  public ArrowObject fetch(String name, BufferAllocator parent) throws ObjectException {
    return get(name, true, parent);
  }

  private ArrowObject get(String name, boolean fetch, BufferAllocator parent)
      throws ObjectException {
    ObjectPath path = ObjectPath.of(name);
    Got got;
    Connection connection = connections.lease();
    try {
      JsonNode answer = connection.call(path.into(Wire.request("get")).put("fetch", fetch));
      JsonNode told = answer.path("object");
      Region region =
          answer.path("inline").asBoolean()
              ? connection.takeTail()
              : map(path, told.path("bytes").asLong(), connection.takeDescriptor());
      got = new Got(path, told, region);
    } finally {
      connections.giveBack(connection);
    }
    return open(got, parent);
  }

  private static Region map(ObjectPath path, long bytes, Descriptor descriptor)
      throws ObjectException {
    try (descriptor) {
      long there = descriptor.size();
      if (there < bytes || bytes < 1) {
        throw new ObjectException(
            ObjectException.Kind.CORRUPT,
            path.name() + " has " + bytes + " bytes, its file " + there);
      }
      return Region.mapPrivate(descriptor, bytes);
    } catch (ObjectException e) {
      throw e;
    } catch (IOException e) {
      throw new ObjectException(
          ObjectException.Kind.UNAVAILABLE,
          path.name() + " cannot be mapped: " + e.getMessage(),
          e);
    }
  }

  private ArrowObject open(Got got, BufferAllocator parent) throws ObjectException {
    BufferAllocator own = parent.newChildAllocator(got.path().name(), 0, Long.MAX_VALUE);
    try {
      ArrowObject object =
          new ArrowObject(got, MappedIpc.open(got.region(), own), own, open::remove);
      open.add(object);
      return object;
    } catch (NotIpcException e) {
      own.close();
      throw new ObjectException(
          ObjectException.Kind.CORRUPT,
          got.path().name() + " cannot be read: " + e.getMessage(),
          e);
    } catch (RuntimeException e) {
      own.close(); // the parent's limit
      throw e;
    }
  }

  /// What is known of an object.
  ///
  /// @throws ObjectException NOT_FOUND with the nearest names
  public ObjectInfo describe(String name) throws ObjectException {
    return Wire.info(call(ObjectPath.of(name).into(Wire.request("describe"))).path("object"));
  }

  /// Objects whose names start with `prefix` (`namespace:prefix` for another namespace than
  /// `default`), in order of names.
  public List<ObjectInfo> list(String prefix) throws ObjectException {
    return list(prefix, Wire.request("list"));
  }

  /// Names that start with `prefix` whose objects nobody can bring back, since the nodes that held
  /// them lost their memory: [#list] does not tell of them, [#get] and [#describe] say UNAVAILABLE.
  /// A name may be put again, and [#delete] takes it off.
  public List<ObjectInfo> lost(String prefix) throws ObjectException {
    return list(prefix, Wire.request("list").put("lost", true));
  }

  private List<ObjectInfo> list(String prefix, ObjectNode wanted) throws ObjectException {
    ObjectPath path = ObjectPath.of(prefix);
    List<ObjectInfo> found = new ArrayList<>();
    boolean more = true;
    while (more) {
      ObjectNode request =
          wanted
              .put("namespace", path.namespace())
              .put("prefix", path.name())
              .put("after", found.isEmpty() ? "" : found.getLast().name())
              .put("limit", PAGE);
      JsonNode answer = call(request);
      int before = found.size();
      for (JsonNode object : answer.path("objects")) {
        found.add(Wire.info(object));
      }
      more = answer.path("more").asBoolean() && found.size() > before;
    }
    return found;
  }

  /// Has a node hold an object too, and returns when it does.
  ///
  /// @param node its name or id; empty for this machine's node
  public ObjectInfo copyTo(String name, String node) throws ObjectException {
    return place(name, node, Wire.request("place"));
  }

  /// Moves an object to a node: when it holds the object, the others let theirs go, as far as its
  /// replicas are left. Whoever has it mapped keeps it; what is to persist stays on its disks.
  public ObjectInfo migrate(String name, String node) throws ObjectException {
    return place(name, node, Wire.request("place").put("move", true));
  }

  private ObjectInfo place(String name, String node, ObjectNode request) throws ObjectException {
    return Wire.info(call(ObjectPath.of(name).into(request).put("node", node)).path("object"));
  }

  /// Deletes a name. Whoever has the object mapped keeps it. False when there was none.
  public boolean delete(String name) throws ObjectException {
    return call(ObjectPath.of(name).into(Wire.request("delete"))).path("deleted").asBoolean();
  }

  /// Claims a name that several processes may want to make, so that one does. Waits, as long as
  /// `longest`, while another has it.
  public Claim claim(String name, Duration longest) throws ObjectException {
    ObjectPath path = ObjectPath.of(name);
    Connection connection = connections.lease();
    Claim claim = null;
    try {
      ObjectNode request = path.into(Wire.request("claim")).put("waitMillis", longest.toMillis());
      String state = connection.call(request, longest).path("state").asText();
      claim = new Claim(path, state(state), connection, connections::giveBack);
      return claim;
    } finally {
      if (claim == null) {
        connections.giveBack(connection);
      }
    }
  }

  private static Claim.State state(String text) throws ObjectException {
    return switch (text) {
      case "granted" -> Claim.State.GRANTED;
      case "exists" -> Claim.State.EXISTS;
      case "busy" -> Claim.State.BUSY;
      default ->
          throw new ObjectException(
              ObjectException.Kind.CORRUPT, "the node answers a claim with \"" + text + "\"");
    };
  }

  private JsonNode call(ObjectNode request) throws ObjectException {
    Connection connection = connections.lease();
    try {
      return connection.call(request);
    } finally {
      connections.giveBack(connection);
    }
  }

  /// Ends the connections: staged memory and claims are given back.
  ///
  /// @throws IllegalStateException naming the objects that are still open; they stay valid, and
  ///   each can still be closed
  @Override
  public void close() {
    connections.close();
    @Nullable Set<String> left = null;
    synchronized (open) {
      if (!open.isEmpty()) {
        left = new TreeSet<>();
        for (ArrowObject object : open) {
          left.add(object.path().namespace() + ":" + object.path().name());
        }
      }
    }
    if (left != null) {
      throw new IllegalStateException(
          "objects that were got from " + settings.socket() + " and not closed: " + left);
    }
    allocator.close();
  }
}
