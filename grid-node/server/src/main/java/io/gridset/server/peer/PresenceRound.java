package io.gridset.server.peer;

import io.gridset.client.peer.Presence;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// What members said when they were asked what they have of a file version. Answers come one by
/// one; whoever is named early need not wait for the slow. Thread-safe.
final class PresenceRound {
  private final long startedNanos;
  private final List<String> asked;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();
  private final Map<String, Presence> answers = new HashMap<>();
  private int missing;

  /// @param asked member ids, those preferred first
  PresenceRound(List<String> asked, long startedNanos) {
    this.asked = List.copyOf(asked);
    this.startedNanos = startedNanos;
    missing = asked.size();
  }

  List<String> asked() {
    return asked;
  }

  long startedNanos() {
    return startedNanos;
  }

  /// Each of those asked answers once, with nothing when it failed.
  void answered(String memberId, Presence presence) {
    lock.lock();
    try {
      answers.put(memberId, presence);
      missing--;
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Waits until somebody who has `block`, or is loading it, is known, or all have answered.
  ///
  /// @param without members not wanted
  /// @return who has it, then who loads it; empty when nobody does
  List<String> holders(int block, Set<String> without, Duration patience) throws StorageException {
    lock.lock();
    try {
      long left = patience.toNanos();
      List<String> known = known(block, without);
      while (known.isEmpty() && missing > 0 && left > 0) {
        left = news.awaitNanos(left);
        known = known(block, without);
      }
      return known;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw StorageException.of(Kind.CANCELLED, "interrupted while asking who has a block", e);
    } finally {
      lock.unlock();
    }
  }

  private List<String> known(int block, Set<String> without) {
    List<String> having = new ArrayList<>();
    List<String> loading = new ArrayList<>();
    for (String member : asked) {
      Presence presence = answers.get(member);
      if (presence == null || without.contains(member)) {
        continue;
      }
      if (presence.present().get(block)) {
        having.add(member);
      } else if (presence.coming().get(block)) {
        loading.add(member);
      }
    }
    having.addAll(loading);
    return having;
  }

  /// Whether it is older than `age` at `nowNanos`.
  boolean isOlder(Duration age, long nowNanos) {
    return nowNanos - startedNanos > age.toNanos();
  }
}
