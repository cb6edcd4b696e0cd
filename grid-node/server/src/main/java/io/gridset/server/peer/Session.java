package io.gridset.server.peer;

import io.gridset.client.peer.PeerCodec;
import io.gridset.client.wire.Frame;
import io.gridset.client.wire.FrameType;
import io.gridset.client.wire.FrameWriter;
import io.gridset.client.wire.Refusal;
import io.gridset.client.wire.Wire;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One connection, from the greeting to its end: one question after the other.
final class Session {
  private static final Logger LOG = LoggerFactory.getLogger(Session.class);

  /// Later than clients let go of idle connections, so that it is they who close.
  private static final Duration IDLE_LIMIT = Duration.ofSeconds(150);

  /// For the last word to arrive before the connection is gone.
  private static final Duration FAREWELL = Duration.ofSeconds(1);

  private final Wire wire;
  private final Parts parts;
  private boolean busy = true;
  private boolean closing;

  /// The block sent last, while its receiver has not said that it has it.
  private BlockGiver.@Nullable Given given;

  Session(Wire wire, Parts parts) {
    this.wire = wire;
    this.parts = parts;
  }

  /// What the sessions of a server share.
  record Parts(
      DataServerSettings.Limits limits,
      Doorkeeper doorkeeper,
      PeerService service,
      BlockGiver giver,
      Map<String, PeerOperation> operations,
      DataCounters counters) {}

  /// Speaks until one side hangs up.
  void run() {
    try {
      PeerCaller caller = parts.doorkeeper().greet(wire);
      while (rest()) {
        Frame question = wire.poll(IDLE_LIMIT);
        if (question == null || !work()) {
          break;
        }
        settle(question.type());
        if (question.type() != FrameType.TAKEN) {
          parts.counters().requests.increment();
          answerOrRefuse(question, caller);
        }
      }
      wire.close();
    } catch (StorageException e) {
      end(e);
    } catch (RuntimeException e) {
      LOG.error("A connection to the data server ended by a fault of this node", e);
    } finally {
      wire.close();
      settle(FrameType.REFUSED);
    }
  }

  private void settle(FrameType next) {
    if (given != null) {
      if (next == FrameType.TAKEN) {
        parts.giver().taken(given);
      }
      parts.giver().end(given);
      given = null;
    }
  }

  /// Tells one too many why it is refused.
  void refuse(StorageException why) {
    try {
      var _ = wire.await(parts.limits().greeting());
      end(why);
    } catch (StorageException e) {
      end(e);
    } finally {
      wire.close();
    }
  }

  /// A connection that broke gets no last word.
  private void end(StorageException failure) {
    parts.counters().refused.increment();
    switch (failure.kind()) {
      case ACCESS_DENIED, UNSUPPORTED, CORRUPT, THROTTLED -> {
        try {
          wire.write(Refusal.encode(failure), FAREWELL);
          wire.hangUp(FAREWELL);
        } catch (StorageException e) {
          wire.close();
        }
      }
      case NOT_FOUND,
          ALREADY_EXISTS,
          CHANGED,
          UNAVAILABLE,
          TIMED_OUT,
          NO_SPACE,
          INVALID,
          CANCELLED ->
          wire.close();
    }
  }

  private void answerOrRefuse(Frame question, PeerCaller caller) throws StorageException {
    parts.doorkeeper().checkStillValid(caller);
    @Nullable StorageException refusal = null;
    try {
      answer(question, caller);
    } catch (BlockGiver.Unanswerable e) {
      refusal = e.failure();
    }
    if (refusal != null) {
      parts.counters().refused.increment();
      write(Refusal.encode(refusal));
    }
  }

  private void answer(Frame question, PeerCaller caller)
      throws StorageException, BlockGiver.Unanswerable {
    switch (question.type()) {
      case BLOCK -> given = parts.giver().give(PeerCodec.decodeBlock(question), caller, wire);
      case PRESENCE -> {
        require(caller);
        write(PeerCodec.encode(parts.service().presence(PeerCodec.decodeVersion(question))));
      }
      case PING -> write(FrameWriter.bare(FrameType.PONG));
      case CALL -> write(called(question, caller));
      case HELLO,
          CHALLENGE,
          PROOF,
          WELCOME,
          REFUSED,
          COMING,
          AT_IT,
          ELSEWHERE,
          NOT_HELD,
          TAKEN,
          PRESENT,
          PONG,
          ANSWER ->
          throw question.unexpected();
    }
  }

  private static void require(PeerCaller caller) throws BlockGiver.Unanswerable {
    try {
      caller.requireMember();
    } catch (StorageException e) {
      throw new BlockGiver.Unanswerable(e);
    }
  }

  private ByteBuffer called(Frame question, PeerCaller caller)
      throws StorageException, BlockGiver.Unanswerable {
    String name = question.readText();
    PeerOperation operation = parts.operations().get(name);
    try {
      if (operation == null) {
        throw StorageException.of(Kind.UNSUPPORTED, "it knows no operation '" + name + "'");
      }
      byte[] answer = operation.answer(caller, question.readRest());
      if (answer.length > FrameType.ANSWER.limit()) {
        throw StorageException.of(
            Kind.UNSUPPORTED, name + ": the answer is too long: " + answer.length + " bytes");
      }
      return FrameWriter.of(FrameType.ANSWER).writeRest(answer).finish();
    } catch (StorageException e) {
      throw new BlockGiver.Unanswerable(e);
    } catch (RuntimeException e) {
      LOG.error("The operation {} failed", name, e);
      throw new BlockGiver.Unanswerable(
          StorageException.of(Kind.UNAVAILABLE, name + " failed: " + e, e));
    }
  }

  private void write(ByteBuffer frame) throws StorageException {
    wire.write(frame, parts.limits().stall());
  }

  /// Whether it may wait for the next question.
  private synchronized boolean rest() {
    busy = false;
    return !closing;
  }

  private synchronized boolean work() {
    busy = true;
    return !closing;
  }

  /// Ends it as soon as it has answered.
  synchronized void closeWhenIdle() {
    closing = true;
    if (!busy) {
      wire.close();
    }
  }

  /// Ends it now.
  void close() {
    wire.close();
  }
}
