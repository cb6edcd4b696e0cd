package io.gridset.server.object.door;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.gridset.client.WireJson;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.object.socket.Credentials;
import io.gridset.server.object.socket.LocalSocket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One connection: requests in, answers out, until it ends; then what it held is given back.
final class Session implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Session.class);
  private static final int ROOT = 0;

  private final LocalSocket socket;
  private final Frames frames;
  private final Belongings belongings;
  private final Operations operations;

  Session(LocalSocket socket, FrameMemory memory, Belongings belongings, Operations operations) {
    this.socket = socket;
    this.frames = new Frames(socket, memory);
    this.belongings = belongings;
    this.operations = operations;
  }

  /// Serves until either side ends it.
  void run() throws IOException {
    Credentials peer = socket.peer();
    if (peer.uid() != ROOT && peer.uid() != Ownership.userId()) {
      refuse(Kind.ACCESS_DENIED, "user " + peer.uid() + " is neither the node's own nor root");
      return;
    }
    try {
      Optional<Frames.Frame> frame = frames.read();
      while (frame.isPresent()) {
        answer(frame.get());
        frame = frames.read();
      }
    } catch (StorageException e) {
      refuse(e.kind(), e.getMessage());
    }
  }

  private void answer(Frames.Frame frame) throws IOException {
    try (Reply reply = reply(frame)) {
      reply.send(frames);
    }
  }

  private Reply reply(Frames.Frame frame) {
    try {
      return operations.perform(frame, socket, belongings);
    } catch (StorageException e) {
      return refusal(e.kind(), e.getMessage());
    } catch (UncheckedIOException e) {
      return e.getCause() instanceof StorageException cause
          ? refusal(cause.kind(), cause.getMessage())
          : refusal(Kind.UNAVAILABLE, e.getMessage());
    } catch (IOException e) { // No descriptors are left, say.
      return refusal(Kind.UNAVAILABLE, e.getMessage());
    } catch (IllegalArgumentException e) {
      return refusal(Kind.INVALID, e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return refusal(Kind.CANCELLED, "the node is stopping");
    } catch (RuntimeException e) {
      LOG.error("A request failed for a reason that no one foresaw", e);
      return refusal(Kind.UNAVAILABLE, "the node failed: " + e + "; its log says more");
    }
  }

  /// The last frame of the conversation.
  void refuse(Kind kind, @Nullable String message) throws IOException {
    try (Reply reply = refusal(kind, message)) {
      reply.send(frames);
    }
  }

  private static Reply refusal(Kind kind, @Nullable String message) {
    return Reply.of(Answer.Refused.of(kind, message));
  }

  /// Ends it from another thread.
  void shutdown() {
    socket.shutdown();
  }

  @Override
  public void close() {
    try (belongings;
        frames) {
      socket.close(); // First: descriptors that were sent and not taken are gone with it.
    }
  }

  static byte[] json(Object value) {
    try {
      return WireJson.mapper().writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an answer is plain JSON", e);
    }
  }
}
