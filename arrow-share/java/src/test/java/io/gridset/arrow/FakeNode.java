package io.gridset.arrow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.arrow.system.Descriptor;
import io.gridset.arrow.system.Region;
import io.gridset.arrow.system.ServerSocket;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/// A node as far as `docs/object-protocol.md` goes: files in a directory of shared memory, a real
/// Unix socket, real descriptors. It counts what is staged, so that tests see what clients leave
/// behind, and can be told to be full or to fall silent.
final class FakeNode implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int INLINE_BYTES = 65_536;

  final Path socket;
  final Map<String, Path> staged = new ConcurrentHashMap<>();
  final List<String> operations = new ArrayList<>();
  volatile long mostBytes = Long.MAX_VALUE;
  volatile boolean silent;
  volatile int connected;

  private final Path directory;
  private final ServerSocket server;
  private final ConcurrentSkipListMap<String, ObjectNode> objects = new ConcurrentSkipListMap<>();
  private final Map<String, ObjectNode> lost = new ConcurrentHashMap<>();
  private final Map<String, byte[]> inline = new ConcurrentHashMap<>();
  private final Map<String, ServerSocket.Peer> claims = new HashMap<>();
  private final List<ServerSocket.Peer> peers = new ArrayList<>();
  private int ids;

  FakeNode() throws IOException {
    directory = Files.createTempDirectory(Path.of("/dev/shm"), "gridset-fake-");
    socket = directory.resolve("objects.sock");
    server = new ServerSocket(socket);
    Thread.ofPlatform().daemon().name("fake node").start(this::accept);
  }

  private void accept() {
    for (ServerSocket.Peer peer = server.accept(); peer != null; peer = server.accept()) {
      ServerSocket.Peer accepted = peer;
      synchronized (this) {
        peers.add(accepted);
        connected++;
      }
      Thread.ofPlatform().daemon().name("fake session").start(() -> serve(accepted));
    }
  }

  private void serve(ServerSocket.Peer peer) {
    Map<String, Path> own = new HashMap<>();
    try (Region buffer = Region.allocate(2 << 20)) {
      while (true) {
        readFully(peer, buffer, 0, 8);
        ByteBuffer prefix = buffer.view(0, 8);
        int header = prefix.getInt();
        int tail = prefix.getInt();
        readFully(peer, buffer, 0, header + tail);
        JsonNode request = JSON.readTree(buffer.read(0, header));
        answer(peer, request, buffer.read(header, tail), own);
      }
    } catch (EOFException e) {
      // the client is gone
    } catch (IOException e) {
      if (peers.contains(peer)) {
        throw new IllegalStateException(e);
      }
    } finally {
      synchronized (this) {
        own.keySet().forEach(staged::remove);
        own.values().forEach(FakeNode::delete);
        claims.values().removeIf(claimer -> claimer == peer);
        notifyAll();
        connected--;
        if (peers.remove(peer)) {
          peer.close();
        }
      }
    }
  }

  private static void readFully(ServerSocket.Peer peer, Region into, long at, long bytes)
      throws IOException {
    long got = 0;
    while (got < bytes) {
      got += peer.socket().receive(into, at + got, bytes - got);
    }
  }

  private void answer(ServerSocket.Peer peer, JsonNode request, byte[] tail, Map<String, Path> own)
      throws IOException {
    synchronized (this) {
      operations.add(request.path("op").asText());
    }
    String key = request.path("namespace").asText() + ":" + request.path("name").asText();
    ObjectNode ok = JSON.createObjectNode().put("ok", true);
    switch (request.path("op").asText()) {
      case "hello" -> send(peer, ok.put("node", "fake").put("inlineBytes", INLINE_BYTES));
      case "put" -> {
        if (objects.containsKey(key)) {
          fail(peer, "ALREADY_EXISTS", key + " is in use");
          return;
        }
        inline.put(key, tail);
        send(peer, ok.set("object", publish(key, request, tail.length)));
      }
      case "create" -> create(peer, request, own);
      case "seal" -> {
        if (objects.containsKey(key)) {
          fail(peer, "ALREADY_EXISTS", key + " is in use");
          return;
        }
        Path file = own.remove(request.path("staging").asText());
        staged.remove(request.path("staging").asText());
        try (RandomAccessFile cut = new RandomAccessFile(file.toFile(), "rw")) {
          cut.setLength(request.path("bytes").asLong());
        }
        ObjectNode object = publish(key, request, request.path("bytes").asLong());
        Files.move(file, directory.resolve(object.path("id").asText()));
        send(peer, ok.set("object", object));
      }
      case "abort" -> {
        staged.remove(request.path("staging").asText());
        delete(own.remove(request.path("staging").asText()));
        send(peer, ok);
      }
      case "get" -> get(peer, key);
      case "describe" -> {
        if (objects.containsKey(key)) {
          send(peer, ok.set("object", objects.get(key)));
        } else {
          fail(
              peer, "NOT_FOUND", "no object " + key + "; did you mean " + objects.firstKey() + "?");
        }
      }
      case "list" -> list(peer, request, ok);
      case "place" -> send(peer, ok.set("object", place(objects.get(key), request)));
      case "delete" -> {
        inline.remove(key);
        ObjectNode gone = objects.remove(key);
        if (gone != null) {
          Files.deleteIfExists(directory.resolve(gone.path("id").asText()));
        }
        send(peer, ok.put("deleted", gone != null));
      }
      case "claim" -> send(peer, ok.put("state", claim(peer, key, request)));
      case "release" -> {
        synchronized (this) {
          claims.remove(key, peer);
          notifyAll();
        }
        send(peer, ok);
      }
      default -> fail(peer, "UNSUPPORTED", "no such op");
    }
  }

  private synchronized String claim(ServerSocket.Peer peer, String key, JsonNode request) {
    long end = System.nanoTime() + request.path("waitMillis").asLong() * 1_000_000;
    while (!objects.containsKey(key) && claims.get(key) != null && System.nanoTime() < end) {
      try {
        wait(10);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
    if (objects.containsKey(key)) {
      return "exists";
    }
    return claims.putIfAbsent(key, peer) == null ? "granted" : "busy";
  }

  private void create(ServerSocket.Peer peer, JsonNode request, Map<String, Path> own)
      throws IOException {
    long bytes = request.path("bytes").asLong();
    if (bytes > mostBytes) {
      fail(peer, "NO_SPACE", "memory is full: " + bytes + " bytes do not fit");
      return;
    }
    String id;
    synchronized (this) {
      id = "staging-" + ++ids;
    }
    Path file = directory.resolve(id);
    try (RandomAccessFile fresh = new RandomAccessFile(file.toFile(), "rw")) {
      // Bytes of somebody's before, as in a segment that is used again.
      fresh.setLength(bytes);
      byte[] old = new byte[1 << 16];
      java.util.Arrays.fill(old, (byte) 0x5a);
      for (long at = 0; at < Math.min(bytes, 8 << 20); at += old.length) {
        fresh.seek(at);
        fresh.write(old, 0, (int) Math.min(old.length, bytes - at));
      }
    }
    staged.put(id, file);
    own.put(id, file);
    ObjectNode answer =
        JSON.createObjectNode()
            .put("ok", true)
            .put("descriptor", true)
            .put("staging", id)
            .put("capacity", bytes);
    try (Descriptor descriptor = ServerSocket.openForWriting(file)) {
      send(peer, answer, new byte[0], descriptor);
    }
  }

  private void get(ServerSocket.Peer peer, String key) throws IOException {
    ObjectNode object = objects.get(key);
    if (object == null) {
      fail(peer, "NOT_FOUND", "no object " + key);
      return;
    }
    ObjectNode answer = JSON.createObjectNode().put("ok", true);
    answer.set("object", object);
    byte[] payload = inline.get(key);
    if (payload != null) {
      send(peer, answer.put("inline", true), payload, null);
      return;
    }
    try (Descriptor file = Descriptor.open(directory.resolve(object.path("id").asText()))) {
      send(peer, answer.put("descriptor", true), new byte[0], file);
    }
  }

  private static ObjectNode place(ObjectNode object, JsonNode request) {
    object.putArray("holders").add(request.path("node").asText());
    return object.put("held", !request.path("move").asBoolean());
  }

  /// As if the only node that held it had lost its memory.
  void lose(String key, String node) {
    lost.put(key, objects.remove(key).put("held", false).put("lostWith", node));
  }

  private void list(ServerSocket.Peer peer, JsonNode request, ObjectNode ok) throws IOException {
    var found = ok.putArray("objects");
    boolean more = false;
    String start = request.path("namespace").asText() + ":" + request.path("prefix").asText();
    String after = request.path("namespace").asText() + ":" + request.path("after").asText();
    Map<String, ObjectNode> all = request.path("lost").asBoolean() ? lost : objects;
    for (String key : new TreeMap<>(all).keySet()) {
      if (key.startsWith(start) && key.compareTo(after) > 0) {
        if (found.size() == 2) { // small pages, so that paging is seen
          more = true;
          break;
        }
        found.add(all.get(key));
      }
    }
    send(peer, ok.put("more", more));
  }

  private synchronized ObjectNode publish(String key, JsonNode request, long bytes) {
    ObjectNode object =
        JSON.createObjectNode()
            .put("namespace", request.path("namespace").asText())
            .put("name", request.path("name").asText())
            .put("id", "object-" + ++ids)
            .put("bytes", bytes)
            .put("created", "2026-11-22T08:00:00Z")
            .put("held", true);
    object.set("attributes", request.path("attributes"));
    objects.put(key, object);
    claims.remove(key);
    notifyAll();
    return object;
  }

  private void fail(ServerSocket.Peer peer, String kind, String message) throws IOException {
    send(peer, JSON.createObjectNode().put("ok", false).put("kind", kind).put("message", message));
  }

  private void send(ServerSocket.Peer peer, JsonNode answer) throws IOException {
    send(peer, answer, new byte[0], null);
  }

  private void send(ServerSocket.Peer peer, JsonNode answer, byte[] tail, Descriptor passed)
      throws IOException {
    if (silent) {
      return;
    }
    byte[] header = JSON.writeValueAsBytes(answer);
    try (Region frame = Region.allocate(8L + header.length + tail.length)) {
      ByteBuffer prefix = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      frame.write(0, prefix.putInt(header.length).putInt(tail.length).flip());
      frame.write(8, ByteBuffer.wrap(header));
      frame.write(8L + header.length, ByteBuffer.wrap(tail));
      if (passed == null) {
        peer.socket().send(frame, frame.bytes());
      } else {
        peer.send(frame, passed);
      }
    }
  }

  /// The file of an object, for readers that need no client.
  Path file(String key) {
    return directory.resolve(objects.get(key).path("id").asText());
  }

  byte[] inlined(String key) {
    return inline.get(key);
  }

  /// Ends all connections, as a node that is killed does.
  synchronized void hangUp() {
    peers.forEach(peer -> peer.socket().interrupt());
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    hangUp();
    try (var files = Files.list(directory)) {
      files.forEach(FakeNode::delete);
    }
    Files.delete(directory);
  }
}
