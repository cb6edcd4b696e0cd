package io.gridset.server.cache;

import java.util.function.IntConsumer;
import java.util.function.IntPredicate;

/// Finds a record's slot by a hash of its key: open addressing, linear probing, four bytes a place
/// and no object per file. Not thread-safe.
final class SlotIndex {
  private static final int EMPTY = 0;
  private static final int INITIAL = 1 << 10;

  private final HashOfSlot hashOfSlot;
  private int[] places = new int[INITIAL];
  private int size;

  /// Tells the hash of a slot that was added.
  interface HashOfSlot {
    long of(int slot);
  }

  SlotIndex(HashOfSlot hashOfSlot) {
    this.hashOfSlot = hashOfSlot;
  }

  int size() {
    return size;
  }

  /// The slot with this hash that `matches`, or -1.
  int find(long hash, IntPredicate matches) {
    for (int i = home(hash); places[i] != EMPTY; i = next(i)) {
      if (matches.test(places[i] - 1)) {
        return places[i] - 1;
      }
    }
    return -1;
  }

  void add(int slot) {
    if ((size + 1) * 2 > places.length) {
      int[] old = places;
      places = new int[old.length * 2];
      for (int place : old) {
        if (place != EMPTY) {
          insert(place - 1);
        }
      }
    }
    insert(slot);
    size++;
  }

  /// Removes a slot, whose hash must still be known, and closes the gap (Knuth 6.4, algorithm R).
  void remove(int slot) {
    int gap = home(hashOfSlot.of(slot));
    while (places[gap] != slot + 1) {
      if (places[gap] == EMPTY) {
        return;
      }
      gap = next(gap);
    }
    size--;
    for (int i = next(gap); places[i] != EMPTY; i = next(i)) {
      int distance = (i - home(hashOfSlot.of(places[i] - 1))) & (places.length - 1);
      if (distance >= ((i - gap) & (places.length - 1))) {
        places[gap] = places[i];
        gap = i;
      }
    }
    places[gap] = EMPTY;
  }

  void forEach(IntConsumer action) {
    for (int place : places) {
      if (place != EMPTY) {
        action.accept(place - 1);
      }
    }
  }

  private void insert(int slot) {
    int i = home(hashOfSlot.of(slot));
    while (places[i] != EMPTY) {
      i = next(i);
    }
    places[i] = slot + 1;
  }

  private int home(long hash) {
    return (int) (hash ^ (hash >>> 32)) & (places.length - 1);
  }

  private int next(int i) {
    return (i + 1) & (places.length - 1);
  }
}
