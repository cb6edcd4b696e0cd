package io.gridset.server.cache;

import java.util.TreeMap;
import java.util.TreeSet;

/// Which cells of a table are free: best fit, neighbours joined. Not thread-safe.
final class CellSpace {
  private final TreeMap<Integer, Integer> lengthByStart = new TreeMap<>();
  private final TreeSet<Long> byLength = new TreeSet<>();
  private int end;

  /// The first cell that was never taken.
  int end() {
    return end;
  }

  /// Takes `count` cells in a row and returns the first; the table may have to grow to `end()`.
  int take(int count) {
    Long fit = byLength.ceiling((long) count << 32);
    if (fit == null) {
      int start = end;
      end = Math.addExact(end, count);
      return start;
    }
    int start = fit.intValue();
    int length = (int) (fit >>> 32);
    remove(start, length);
    if (length > count) {
      add(start + count, length - count);
    }
    return start;
  }

  void give(int start, int count) {
    int from = start;
    int length = count;
    var before = lengthByStart.lowerEntry(start);
    if (before != null && before.getKey() + before.getValue() == start) {
      from = before.getKey();
      length += before.getValue();
      remove(before.getKey(), before.getValue());
    }
    Integer after = lengthByStart.get(start + count);
    if (after != null) {
      remove(start + count, after);
      length += after;
    }
    if (from + length == end) {
      end = from;
    } else {
      add(from, length);
    }
  }

  /// Starts anew with everything up to `cells` taken.
  void occupy(int cells) {
    lengthByStart.clear();
    byLength.clear();
    end = cells;
  }

  private void add(int start, int length) {
    lengthByStart.put(start, length);
    byLength.add((long) length << 32 | start);
  }

  private void remove(int start, int length) {
    lengthByStart.remove(start);
    byLength.remove((long) length << 32 | start);
  }
}
