package io.gridset.localstore;

import io.gridset.localstore.behaviour.Behaviour;
import io.gridset.localstore.behaviour.Fault;
import io.gridset.localstore.behaviour.Statistics;
import io.gridset.localstore.http.Response;
import io.gridset.localstore.http.Wire;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.time.Duration;

/// Sends replies on one connection, at the pace granted, acting out faults. Used by one thread.
final class ResponseSender {
  /// Bodies up to this size go out with the head in one write: one packet instead of two, and no
  /// `sendfile` set-up for a few pages.
  private static final int JOINED_BYTES = 16 * 1024;

  private final Wire wire;
  private final Behaviour behaviour;
  private final Behaviour.ConnectionPace pace;
  private final Statistics statistics;

  ResponseSender(Wire wire, Behaviour behaviour, Statistics statistics) {
    this.wire = wire;
    this.behaviour = behaviour;
    this.pace = behaviour.sending();
    this.statistics = statistics;
  }

  /// Whether the connection can carry another response.
  enum Ending {
    KEEP,
    CLOSE
  }

  /// How a body is to be sent: where it stops, pauses or lies.
  ///
  /// @param declared the `Content-Length`
  /// @param end body bytes to send
  /// @param pauseAt body offset of a pause; negative = none
  /// @param corruptAt body offset of a flipped byte; negative = none
  private record Script(
      long declared, long end, long pauseAt, Duration pause, long corruptAt, Finish finish) {
    static Script faithful(long length) {
      return new Script(length, length, -1, Duration.ZERO, -1, Finish.KEEP);
    }

    Script ending(long at, Finish how) {
      return new Script(declared, Math.min(end, at), pauseAt, pause, corruptAt, how);
    }
  }

  private enum Finish {
    KEEP,
    CLOSE,
    RESET
  }

  Ending send(StoreService.Reply reply) throws IOException, InterruptedException {
    Response response = reply.response();
    Script script = script(reply, response.body().length());
    byte[] head = response.head(script.declared());
    switch (response.body()) {
      case Response.Absent _ -> wire.write(ByteBuffer.wrap(head));
      case Response.Bytes(ByteBuffer content) -> wire.write(joined(head, content));
      case Response.Slice slice -> {
        try (FileChannel _ = slice.file()) {
          sendSlice(head, slice, script, reply.object());
        }
      }
    }
    return switch (script.finish()) {
      case KEEP -> Ending.KEEP;
      case CLOSE -> Ending.CLOSE;
      case RESET -> {
        wire.abort();
        yield Ending.CLOSE;
      }
    };
  }

  private static Script script(StoreService.Reply reply, long length) {
    Script faithful = Script.faithful(length);
    if (reply.fault().isEmpty()) {
      return faithful;
    }
    return switch (reply.fault().get()) {
      case Fault.ResetAfter(long bytes) -> faithful.ending(bytes, Finish.RESET);
      case Fault.TruncateAfter(long bytes) -> faithful.ending(bytes, Finish.CLOSE);
      case Fault.LyingContentLength(long delta) ->
          new Script(Math.max(0, length + delta), length, -1, Duration.ZERO, -1, Finish.CLOSE);
      case Fault.StallAfter(long bytes, Duration time) ->
          new Script(length, length, bytes, time, -1, Finish.KEEP);
      case Fault.CorruptByte(long offset) ->
          new Script(length, length, -1, Duration.ZERO, offset, Finish.KEEP);
      case Fault.Status _,
          Fault.LyingContentRange _,
          Fault.WrongTotalLength _,
          Fault.StallBeforeHeaders _,
          Fault.ChangedEtag _,
          Fault.IgnoredRange _ ->
          faithful;
    };
  }

  private void sendSlice(byte[] head, Response.Slice slice, Script script, String object)
      throws IOException, InterruptedException {
    boolean plain = script.equals(Script.faithful(slice.length()));
    if (plain && slice.length() <= JOINED_BYTES && slice.length() > 0) {
      awaitWhole(slice.length());
      wire.write(joined(head, piece(slice, 0, (int) slice.length(), script)));
      statistics.sent(object, slice.length());
      return;
    }
    wire.write(ByteBuffer.wrap(head));
    long sent = 0;
    while (sent < script.end()) {
      if (sent == script.pauseAt()) {
        behaviour.pacing().sleepUntil(behaviour.pacing().nanos() + script.pause().toNanos());
      }
      long count = pace.grant(boundary(script, sent) - sent);
      if (sent == script.corruptAt()) {
        wire.write(piece(slice, sent, 1, script));
        count = 1;
      } else {
        wire.sendFile(slice.file(), slice.position() + sent, count);
      }
      sent += count;
      statistics.sent(object, count);
    }
  }

  /// The body offset up to which nothing special happens.
  private static long boundary(Script script, long from) {
    long boundary = script.end();
    for (long event : new long[] {script.pauseAt(), script.corruptAt()}) {
      if (event > from) {
        boundary = Math.min(boundary, event);
      } else if (event == from && event == script.corruptAt()) {
        boundary = Math.min(boundary, from + 1);
      }
    }
    return boundary;
  }

  private void awaitWhole(long length) throws InterruptedException {
    for (long granted = 0; granted < length; ) {
      granted += pace.grant(length - granted);
    }
  }

  private static ByteBuffer piece(Response.Slice slice, long offset, int length, Script script)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      if (slice.file().read(bytes, slice.position() + offset + bytes.position()) < 0) {
        throw new EOFException("the object's file is shorter than it was");
      }
    }
    if (offset == script.corruptAt()) {
      bytes.put(0, (byte) ~bytes.get(0));
    }
    return bytes.flip();
  }

  private static ByteBuffer joined(byte[] head, ByteBuffer body) {
    return ByteBuffer.allocate(head.length + body.remaining())
        .put(head)
        .put(body.duplicate())
        .flip();
  }
}
