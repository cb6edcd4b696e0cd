package io.gridset.server.peer;

import io.gridset.client.peer.BlockExchange;
import io.gridset.client.peer.BlockReply;
import io.gridset.client.peer.BlockRequest;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.read.FlightCourse;
import io.gridset.server.read.ReadSettings;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One member being asked for one block, up to its first byte; where it names another who has the
/// block, that one too. Runs on a thread of its own and tells what happens. `close()` may be called
/// by any thread.
final class Conversation implements AutoCloseable {
  /// Longest silence of a member that is all right: it says several times a second that it is at
  /// it. Two of these and the block's own time must stay below 2 s.
  static final Duration SILENCE = Duration.ofMillis(400);

  /// How much longer a silent member may still come, while others are asked as well.
  static final Duration LATE = Duration.ofSeconds(10);

  /// Longest wait for a place at a member, as long as it is well.
  private static final Duration QUEUE = ReadSettings.DEFAULT_PATIENCE;

  private final Switchboard board;
  private final FlightCourse course;
  private final String member;
  private final Consumer<News> teller;
  private Switchboard.@Nullable Call call;
  private boolean closed;

  /// What happens.
  sealed interface News {
    /// @param from whom the bytes come; `who` itself or the one it named
    record Coming(Conversation who, String from, BlockReply.Coming reply) implements News {}

    record Alive(Conversation who) implements News {}

    record Silent(Conversation who) implements News {}

    /// It does not have it.
    record NotHeld(Conversation who) implements News {}

    /// It cannot bring it.
    record Refused(Conversation who, StorageException failure) implements News {}

    /// It could not be reached, or the connection broke.
    record Broken(Conversation who, StorageException failure) implements News {}

    /// Nothing is wanted any more.
    record Dismissed() implements News {}
  }

  /// @param teller takes what happens, at once, on this conversation's thread
  Conversation(Switchboard board, FlightCourse course, String member, Consumer<News> teller) {
    this.board = board;
    this.course = course;
    this.member = member;
    this.teller = teller;
  }

  String member() {
    return member;
  }

  void start(BlockRequest request) {
    Thread.ofVirtual().name("ask-" + member).start(() -> run(request));
  }

  /// After [News.Coming], the exchange to take the bytes from; null when it was closed meanwhile.
  synchronized @Nullable BlockExchange exchange() {
    return call == null ? null : call.exchange();
  }

  @Override
  public void close() {
    Switchboard.Call open;
    synchronized (this) {
      closed = true;
      open = call;
      call = null;
    }
    if (open != null) {
      open.close();
    } else {
      board.gates().reconsider(member); // It may be queuing.
    }
  }

  private synchronized boolean isWanted() {
    return !closed;
  }

  private void run(BlockRequest request) {
    try {
      converse(request);
    } catch (StorageException e) {
      teller.accept(new News.Broken(this, e));
    } catch (RuntimeException e) {
      teller.accept(
          new News.Broken(
              this, StorageException.of(Kind.UNAVAILABLE, "asking " + member + ": " + e, e)));
    }
  }

  private void converse(BlockRequest request) throws StorageException {
    BlockExchange asked = ask(member, request, QUEUE);
    Duration patience = board.silence();
    while (asked != null) {
      switch (asked.next(patience)) {
        case BlockReply.Coming coming -> {
          teller.accept(new News.Coming(this, member, coming));
          return;
        }
        case BlockReply.AtIt() -> {
          patience = board.silence();
          teller.accept(new News.Alive(this));
        }
        case BlockReply.Silent() -> {
          if (patience.equals(LATE)) {
            throw StorageException.of(Kind.TIMED_OUT, "member " + member + " is silent");
          }
          patience = LATE;
          teller.accept(new News.Silent(this));
        }
        case BlockReply.Elsewhere(var named) -> {
          teller.accept(new News.Alive(this));
          if (cameFrom(named, request)) {
            return;
          }
          asked = ask(member, as(BlockRequest.Mode.AS_HOME_WITHOUT_REDIRECT, request), QUEUE);
        }
        case BlockReply.NotHeld() -> {
          teller.accept(new News.NotHeld(this));
          return;
        }
        case BlockReply.Refused(var failure) -> {
          teller.accept(new News.Refused(this, failure));
          return;
        }
      }
    }
    teller.accept(new News.NotHeld(this)); // It became suspect, or nothing is wanted any more.
  }

  /// Asks the one who is said to have a copy; its failure is not the home's.
  private boolean cameFrom(String named, BlockRequest request) {
    if (board.health().isSuspect(named) || board.links().address(named).isEmpty()) {
      return false;
    }
    try {
      BlockExchange asked = ask(named, as(BlockRequest.Mode.IF_HELD, request), board.silence());
      BlockReply reply = asked == null ? new BlockReply.NotHeld() : asked.next(board.silence());
      while (asked != null && reply instanceof BlockReply.AtIt) {
        reply = asked.next(board.silence());
      }
      if (reply instanceof BlockReply.Coming coming) {
        teller.accept(new News.Coming(this, named, coming));
        return true;
      }
      if (reply instanceof BlockReply.Silent) {
        board.health().suspect(named);
      }
    } catch (StorageException e) {
      if (Failures.isSilence(e)) {
        board.health().suspect(named);
      }
    }
    return false;
  }

  static BlockRequest as(BlockRequest.Mode mode, BlockRequest request) {
    return new BlockRequest(
        request.object(), request.blockBytes(), request.index(), mode, request.copyAt());
  }

  /// Null when it is not wanted any more, or `who` became suspect in the queue.
  private @Nullable BlockExchange ask(String who, BlockRequest request, Duration queue)
      throws StorageException {
    Switchboard.Call fresh =
        board.call(who, request, new Switchboard.Terms(course, this::isWanted, queue)).orElse(null);
    Switchboard.Call before;
    boolean late;
    synchronized (this) {
      late = closed;
      before = call;
      call = late ? null : fresh;
    }
    if (before != null) {
      before.close();
    }
    if (late && fresh != null) {
      fresh.close();
    }
    return late || fresh == null ? null : fresh.exchange();
  }
}
