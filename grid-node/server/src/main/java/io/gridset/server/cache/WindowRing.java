package io.gridset.server.cache;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// All windows of one or more caches, at most `limit` of them: when it is full, the clock algorithm
/// (second chance; Corbató 1968) lets one go that is not pinned and was not used lately. A hit only
/// sets a flag. Thread-safe.
public final class WindowRing {
  /// A quarter of the kernel's default vm.max_map_count (65,530): a file in use may have a second
  /// mapping elsewhere in the process, and the JVM and other caches need theirs.
  public static final int DEFAULT_LIMIT = 16_384;

  /// Windows given up at once when the kernel refuses a mapping: enough not to come back at once.
  private static final int RELIEF = 1024;

  private final int limit;
  private final List<Window> ring = new ArrayList<>();
  private final Map<Window, Integer> seats = new HashMap<>();
  private int hand;

  /// @param limit mappings at most, unless more are pinned
  public WindowRing(int limit) {
    this.limit = limit;
  }

  /// Takes a new window in; may let another go. With every window pinned the ring grows past its
  /// limit, by as many as there are pins.
  void add(Window window) {
    Window victim;
    synchronized (this) {
      victim = ring.size() < limit ? null : victim();
      seats.put(window, ring.size());
      ring.add(window);
    }
    if (victim != null) {
      victim.place.drop(victim);
    }
  }

  /// Lets some windows go, because the process ran out of mappings all the same.
  void relieve() {
    for (int count = 0; count < RELIEF; count++) {
      Window victim;
      synchronized (this) {
        victim = victim();
      }
      if (victim == null) {
        return;
      }
      victim.place.drop(victim);
    }
  }

  synchronized int size() {
    return ring.size();
  }

  private @Nullable Window victim() {
    for (int step = 0; step < 2 * ring.size(); step++) {
      hand = hand >= ring.size() ? 0 : hand;
      Window candidate = ring.get(hand);
      if (!candidate.isPinned() && !candidate.forgetUse()) {
        remove(candidate);
        return candidate;
      }
      hand++;
    }
    return null;
  }

  /// Forgets a window; harmless when it is already out.
  synchronized void remove(Window window) {
    Integer seat = seats.remove(window);
    if (seat == null) {
      return;
    }
    Window last = ring.removeLast();
    if (last != window) {
      ring.set(seat, last);
      seats.put(last, seat);
    }
  }
}
