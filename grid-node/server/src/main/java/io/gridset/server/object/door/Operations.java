package io.gridset.server.object.door;

import io.gridset.client.ObjectPage;
import io.gridset.client.ObjectView;
import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.file.OpenFile;
import io.gridset.core.object.NameInUse;
import io.gridset.core.object.ObjectAttributes;
import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import io.gridset.core.object.ObjectStore;
import io.gridset.core.object.ObjectStore.Reach;
import io.gridset.core.object.Staging;
import io.gridset.core.object.UnknownObject;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.object.ObjectFile;
import io.gridset.server.object.socket.LocalSocket;
import io.gridset.server.object.socket.PassedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What clients may ask for. Thread-safe; what a connection holds is its own.
final class Operations {
  /// The largest payload that travels in a frame.
  static final int INLINE_BYTES = 64 << 10;

  /// Of labels, parents and texts of one object, which travel with every listing of it.
  private static final int ATTRIBUTES_BYTES_MAX = 64 << 10;

  private static final int SCHEMA_CHARACTERS_MAX = 64 << 10;

  private static final Duration LONGEST_WAIT = Duration.ofMinutes(10);

  /// Between two looks whether who waits for a claim is still there.
  private static final Duration WAIT_STEP = Duration.ofMillis(200);

  private final DoorSettings settings;
  private final ObjectStore store;
  private final ObjectClaims claims;
  private final KeptAnswers got = new KeptAnswers();

  Operations(DoorSettings settings, ObjectStore store, ObjectClaims claims) {
    this.settings = settings;
    this.store = store;
    this.claims = claims;
  }

  /// @throws IllegalArgumentException when the request makes no sense
  Reply perform(Frames.Frame frame, LocalSocket socket, Belongings belongings)
      throws IOException, InterruptedException {
    Request request = frame.request();
    if (frame.header().length > ATTRIBUTES_BYTES_MAX) {
      checkAttributes(request);
    }
    return switch (request.operation()) {
      case "hello" -> hello();
      case "put" -> put(request, frame.tail(), belongings);
      case "create" -> create(request, belongings);
      case "seal" -> seal(request, belongings);
      case "abort" -> abort(request, belongings);
      case "get" -> get(request);
      case "describe" -> describe(request);
      case "list" -> list(request);
      case "delete" -> Reply.of(new Answer.Deleted(true, store.delete(request.objectName())));
      case "place" ->
          Reply.of(
              ofObject(store.place(request.objectName(), text(request.node()), request.placing())));
      case "claim" -> claim(request, socket, belongings);
      case "release" -> release(request, belongings);
      default ->
          throw StorageException.of(
              Kind.UNSUPPORTED, "this node knows no operation \"" + request.operation() + "\"");
    };
  }

  /// Who may connect may use every namespace.
  private Reply hello() {
    return Reply.of(
        new Answer.Hello(true, settings.node(), settings.version(), INLINE_BYTES, List.of("*")));
  }

  private Reply put(Request request, ByteBuffer payload, Belongings belongings)
      throws StorageException {
    ObjectName name = request.objectName();
    ObjectAttributes attributes = request.attributesOrPlain();
    int bytes = payload.remaining();
    if (bytes == 0) {
      throw StorageException.of(Kind.INVALID, "a put brings an Arrow IPC file as its tail");
    }
    try (Staging staging = store.stage(name.namespace(), bytes)) {
      staging.write(payload, 0);
      ObjectInfo info = staging.seal(name, attributes, bytes);
      belongings.release(name);
      return Reply.of(ofObject(info));
    }
  }

  private Reply create(Request request, Belongings belongings) throws IOException {
    belongings.checkRoomForStaging();
    if (request.name() != null && store.find(request.objectName()).isPresent()) {
      throw NameInUse.of(request.objectName());
    }
    Staging staging = store.stage(request.namespaceOrDefault(), request.byteCount());
    belongings.add(staging);
    try {
      PassedFile file = PassedFile.forWriting(staging.path());
      Boolean fresh = staging.isFresh() ? true : null;
      return new Reply(
          Session.json(new Answer.Staged(true, staging.id(), staging.capacity(), true, fresh)),
          null,
          file);
    } catch (IOException | RuntimeException e) {
      belongings.drop(staging);
      throw e;
    }
  }

  /// A staging that is refused stays: its writer may still let go of it, or choose another name.
  private Reply seal(Request request, Belongings belongings) throws StorageException {
    Staging staging = belongings.staging(request.stagingId());
    ObjectName name = request.objectName();
    ObjectInfo info = staging.seal(name, request.attributesOrPlain(), request.byteCount());
    belongings.drop(staging);
    belongings.release(name);
    return Reply.of(ofObject(info));
  }

  private Reply abort(Request request, Belongings belongings) throws StorageException {
    belongings.drop(belongings.staging(request.stagingId()));
    return Reply.of(new Answer.Done(true));
  }

  private Reply get(Request request) throws IOException {
    ObjectName name = request.objectName();
    Reach reach = request.wantsFetch() ? Reach.FETCH : Reach.LOCAL;
    try (OpenFile file = store.open(name, reach)) {
      ObjectInfo info = file instanceof ObjectFile opened ? opened.record().info() : existing(name);
      byte[] header = got.of(info, this::ofGot);
      return info.bytes() <= INLINE_BYTES
          ? new Reply(header, payload(file, info), null)
          : new Reply(header, null, PassedFile.forReading(mappable(name, file)));
    }
  }

  private byte[] ofGot(ObjectInfo info) {
    boolean inline = info.bytes() <= INLINE_BYTES;
    ObjectView object = view(info).withSchemaUpTo(SCHEMA_CHARACTERS_MAX);
    return Session.json(
        new Answer.OfObject(true, object, inline ? true : null, inline ? null : true));
  }

  /// Those of a record are sent from where they are: a view of them would be direct memory.
  private static PinnedBytes payload(OpenFile file, ObjectInfo info) throws StorageException {
    byte[] kept = file instanceof ObjectFile opened ? opened.record().payload() : null;
    return kept == null
        ? file.read(0, (int) info.bytes())
        : new KeptBytes(ByteBuffer.wrap(kept).asReadOnlyBuffer());
  }

  /// Clients of this socket map what they are given and do nothing else with it.
  private static Path mappable(ObjectName name, OpenFile file) throws StorageException {
    return file instanceof ObjectFile opened
        ? opened.segment()
        : file.sealed()
            .orElseThrow(
                () -> StorageException.of(Kind.UNAVAILABLE, "object " + name + " is not sealed"))
            .path();
  }

  private Reply describe(Request request) throws StorageException {
    return Reply.of(ofObject(existing(request.objectName())));
  }

  private ObjectInfo existing(ObjectName name) throws StorageException {
    return store.find(name).orElseThrow(() -> UnknownObject.in(store, name));
  }

  private Reply list(Request request) {
    String namespace = request.namespaceOrDefault();
    String prefix = text(request.prefix());
    String after = text(request.after());
    int limit = request.limit() == null ? ObjectPage.OBJECTS_MAX : request.limit();
    ObjectPage page =
        request.wantsLost()
            ? ObjectPage.ofLost(store.lost(namespace, prefix), after, limit)
            : ObjectPage.of(store.list(namespace, prefix), settings.node(), after, limit);
    return Reply.of(new Answer.Listed(true, page.objects(), page.more()));
  }

  private Reply claim(Request request, LocalSocket socket, Belongings belongings)
      throws StorageException, InterruptedException {
    ObjectName name = request.objectName();
    belongings.checkRoomForClaim();
    long millis = request.waitMillis() == null ? 0 : request.waitMillis();
    if (millis < 0) {
      throw new IllegalArgumentException("waitMillis: not less than 0, but " + millis);
    }
    Duration left = Duration.ofMillis(Math.min(millis, LONGEST_WAIT.toMillis()));
    ObjectClaims.Outcome outcome;
    do {
      Duration step = left.compareTo(WAIT_STEP) < 0 ? left : WAIT_STEP;
      outcome = claims.claim(name, belongings.owner(), step);
      left = left.minus(step);
    } while (outcome == ObjectClaims.Outcome.BUSY && !left.isZero() && !socket.isPeerGone());
    if (outcome == ObjectClaims.Outcome.GRANTED) {
      belongings.add(name);
    }
    return Reply.of(new Answer.Claimed(true, outcome.name().toLowerCase(Locale.ROOT)));
  }

  private static Reply release(Request request, Belongings belongings) {
    belongings.release(request.objectName());
    return Reply.of(new Answer.Done(true));
  }

  /// Those of a shorter header have room.
  private static void checkAttributes(Request request) throws StorageException {
    if (request.attributes() != null
        && Session.json(request.attributes()).length > ATTRIBUTES_BYTES_MAX) {
      throw StorageException.of(
          Kind.INVALID,
          "attributes: labels, parents and the rest take more than "
              + ATTRIBUTES_BYTES_MAX
              + " bytes");
    }
  }

  private Answer ofObject(ObjectInfo info) {
    return new Answer.OfObject(true, view(info).withSchemaUpTo(SCHEMA_CHARACTERS_MAX), null, null);
  }

  private ObjectView view(ObjectInfo info) {
    return ObjectView.of(info, settings.node());
  }

  private static String text(@Nullable String given) {
    return given == null ? "" : given;
  }
}
