package io.gridset.server.grid;

import io.gridset.core.control.NoQuorumException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// Lets changes through that all members share, while this one sees enough of them. A change that
/// comes before a join waits for it. Thread-safe.
final class ChangeGate implements Runnable {
  /// How long a change waits for the join: longer than joining takes, shorter than callers wait.
  private static final long JOIN_SECONDS = 20;

  private static final int LOOKS_A_SECOND = 20;

  private static final String REMEDY =
      "Start the missing members again, or mend the network between them. One that will never come"
          + " back is taken off with `gridset nodes forget NAME`.";

  private final GridSettings settings;
  private final Roster roster;
  private final Supplier<GridStatus> status;
  private final Supplier<Set<String>> seen;
  private final CountDownLatch opened = new CountDownLatch(1);

  ChangeGate(
      GridSettings settings,
      Roster roster,
      Supplier<GridStatus> status,
      Supplier<Set<String>> seen) {
    this.settings = settings;
    this.roster = roster;
    this.status = status;
    this.seen = seen;
  }

  /// It is known by now who belongs to the grid.
  void open() {
    opened.countDown();
  }

  Quorum quorum() {
    Map<String, String> known = new HashMap<>();
    roster.known().forEach((id, member) -> known.put(id, member.name()));
    return new Quorum(known, isJoined() ? seen.get() : Set.of());
  }

  private boolean isJoined() {
    return status.get().phase() == GridStatus.Phase.JOINED;
  }

  private boolean isAlone() {
    return settings.discovery() instanceof Discovery.Alone;
  }

  /// Returns when a change may be made.
  ///
  /// @throws NoQuorumException when it may not
  @Override
  public void run() {
    if (isAlone()) {
      return;
    }
    boolean known = awaitJoin();
    GridStatus now = status.get();
    if (!known || now.phase() != GridStatus.Phase.JOINED) {
      throw new NoQuorumException(
          "this node has not joined the grid "
              + settings.clusterName()
              + (now.message().isEmpty() ? " yet" : ": " + now.message()),
          "Try again in a moment; the node's log says what it waits for.");
    }
    Quorum quorum = quorum();
    if (!quorum.holds()) {
      throw new NoQuorumException(quorum.explanation(), REMEDY);
    }
  }

  /// Waits for the first join, or for the next one of a member that is about to join anew.
  private boolean awaitJoin() {
    try {
      boolean known = opened.await(JOIN_SECONDS, TimeUnit.SECONDS);
      for (long left = JOIN_SECONDS * LOOKS_A_SECOND; known && !isJoined() && left > 0; left--) {
        TimeUnit.MILLISECONDS.sleep(1000 / LOOKS_A_SECOND);
      }
      return known;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /// Whether a change would be let through now.
  boolean isOpen() {
    return isAlone() || (opened.getCount() == 0 && isJoined() && quorum().holds());
  }

  /// What is wrong with this node's membership, a sentence each.
  List<String> health() {
    List<String> wrong = new ArrayList<>();
    GridStatus now = status.get();
    if (!now.message().isEmpty()) {
      wrong.add(now.message());
    } else if (!isAlone() && isJoined()) {
      Quorum quorum = quorum();
      if (!quorum.holds()) {
        wrong.add(quorum.explanation());
      }
    }
    return wrong;
  }
}
