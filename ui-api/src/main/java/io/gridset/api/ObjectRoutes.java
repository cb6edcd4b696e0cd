package io.gridset.api;

import io.gridset.client.AffinityView;
import io.gridset.client.ObjectAttributesView;
import io.gridset.client.ObjectPage;
import io.gridset.client.ObjectView;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.file.OpenFile;
import io.gridset.core.object.ObjectAttributes;
import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import io.gridset.core.object.ObjectStore;
import io.gridset.core.object.ObjectStore.Placing;
import io.gridset.core.object.Staging;
import io.gridset.core.object.UnknownObject;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.javalin.http.Context;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Objects over HTTP: for programs elsewhere and for people. Programs of this machine use the
/// objects' own socket, where nothing is copied.
///
/// Why `/content` comes after a name of several parts: it reads well, at the price that an object
/// whose own name ends in `/content` is described only by a listing.
final class ObjectRoutes {
  private static final int CHUNK_BYTES = 256 << 10;

  private final ServedObjects objects;
  private final Grid grid;

  /// @param grid for the names of nodes
  ObjectRoutes(ServedObjects objects, Grid grid) {
    this.objects = objects;
    this.grid = grid;
  }

  List<Route> routes() {
    String object = "/v1/objects/{namespace}/{path}";
    return List.of(
        Route.get("/v1/objects", this::list),
        Route.get("/v1/affinity", this::affinity),
        Route.get(object + "/content", this::content),
        Route.put(object + "/content", this::put),
        Route.post(object + "/copies", this::place),
        Route.get(object, this::describe),
        Route.delete(object, this::delete));
  }

  private void list(Context context) throws IOException {
    String namespace = query(context, "namespace", DatasetName.DEFAULT_NAMESPACE);
    String limit = query(context, "limit", Integer.toString(ObjectPage.OBJECTS_MAX));
    if (!limit.matches("[0-9]{1,9}")) {
      throw Problems.invalid("limit must be a number, not '" + limit + "'");
    }
    String prefix = query(context, "prefix", "");
    String after = query(context, "after", "");
    int most = Integer.parseInt(limit);
    ObjectStore store = objects.store();
    Route.answer(
        context,
        RequestValues.flag(context, "lost")
            ? ObjectPage.ofLost(store.lost(namespace, prefix), after, most)
            : ObjectPage.of(store.list(namespace, prefix), objects.node(), after, most));
  }

  private void describe(Context context) throws IOException {
    Route.answer(context, ObjectView.of(existing(name(context)), objects.node()));
  }

  private void affinity(Context context) throws IOException {
    String text = RequestValues.required(context, "object");
    ObjectName name = ObjectName.parse(text, DatasetName.DEFAULT_NAMESPACE);
    ObjectInfo info = existing(name);
    Map<String, String> names = new HashMap<>();
    grid.nodes().forEach(node -> names.put(node.id(), node.name()));
    Map<String, Long> bytes = new HashMap<>();
    info.holders().forEach(id -> bytes.put(names.getOrDefault(id, id), info.bytes()));
    String here = names.getOrDefault(objects.node(), objects.node());
    Route.answer(context, AffinityView.of("object " + name, info.bytes(), here, bytes));
  }

  private ObjectInfo existing(ObjectName name) throws StorageException {
    ObjectStore store = objects.store();
    return store.find(name).orElseThrow(() -> UnknownObject.in(store, name));
  }

  private void delete(Context context) throws IOException {
    ObjectName name = name(context);
    ObjectStore store = objects.store();
    if (!store.delete(name)) {
      throw UnknownObject.in(store, name);
    }
    context.status(204);
  }

  private void place(Context context) throws IOException {
    Placing placing = RequestValues.flag(context, "move") ? Placing.MOVE : Placing.COPY;
    ObjectInfo info = objects.store().place(name(context), query(context, "node", ""), placing);
    Route.answer(context, ObjectView.of(info, objects.node()));
  }

  private void content(Context context) throws IOException {
    ObjectName name = name(context);
    ObjectInfo info = existing(name);
    try (OpenFile file = objects.store().open(name, ObjectStore.Reach.FETCH)) {
      FileContent.answer(context, file, info.id());
    }
  }

  private void put(Context context) throws IOException {
    ObjectName name = name(context);
    ObjectAttributes attributes = attributes(context);
    ObjectStore store = objects.store();
    long bytes = context.req().getContentLengthLong();
    if (bytes < 1) {
      throw Problems.lengthRequired();
    }
    if (store.find(name).isPresent()) { // Before the bytes travel; sealing looks again.
      throw StorageException.of(Kind.ALREADY_EXISTS, "there is an object " + name + " already");
    }
    try (Staging staging = store.stage(name.namespace(), bytes)) {
      receive(context.bodyInputStream(), staging, bytes);
      ObjectInfo info = staging.seal(name, attributes, bytes);
      Route.answer(context.status(201), ObjectView.of(info, objects.node()));
    }
  }

  private static void receive(InputStream in, Staging staging, long bytes) throws IOException {
    byte[] chunk = new byte[(int) Math.min(bytes, CHUNK_BYTES)];
    long done = 0;
    while (done < bytes) {
      int count = read(in, chunk, Math.min(chunk.length, bytes - done));
      if (count == 0) {
        throw Problems.invalid("the file broke off after " + done + " of " + bytes + " bytes");
      }
      staging.write(ByteBuffer.wrap(chunk, 0, count), done);
      done += count;
    }
  }

  /// 0 when the sender is gone.
  private static int read(InputStream in, byte[] chunk, long wanted) throws IOException {
    try {
      return in.readNBytes(chunk, 0, (int) wanted);
    } catch (EOFException _) {
      return 0;
    }
  }

  private static ObjectAttributes attributes(Context context) {
    Map<String, String> labels = new LinkedHashMap<>();
    for (String label : context.queryParams("label")) {
      int equals = label.indexOf('=');
      if (equals < 1) {
        throw Problems.invalid("label must be NAME=VALUE, not '" + label + "'");
      }
      labels.put(label.substring(0, equals), label.substring(equals + 1));
    }
    Long seconds = number(context, "timeToLiveSeconds");
    Long replicas = number(context, "replicas");
    return new ObjectAttributesView(
            context.queryParam("form"),
            RequestValues.flag(context, "persist"),
            replicas == null ? null : Math.toIntExact(replicas),
            seconds,
            labels,
            context.queryParams("parent"),
            context.queryParam("producer"))
        .attributes();
  }

  private static @Nullable Long number(Context context, String parameter) {
    String value = context.queryParam(parameter);
    if (value == null) {
      return null;
    }
    if (!value.matches("[0-9]{1,9}")) {
      throw Problems.invalid(parameter + " must be a number, not '" + value + "'");
    }
    return Long.valueOf(value);
  }

  private static ObjectName name(Context context) {
    return new ObjectName(context.pathParam("namespace"), context.pathParam("path"));
  }

  private static String query(Context context, String parameter, String otherwise) {
    String value = context.queryParam(parameter);
    return value == null || value.isEmpty() ? otherwise : value;
  }
}
