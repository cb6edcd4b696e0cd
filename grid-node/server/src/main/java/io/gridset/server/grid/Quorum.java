package io.gridset.server.grid;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// Whether the members that one member sees may change what all share: more than half of those that
/// belong to the grid, or half with the lowest id among them, so that of two parts at most one may.
/// Not consensus: until a cut is noticed (15 s) both sides change, and the higher version wins
/// later. Pure.
///
/// @param known names by id of all that belong to the grid
/// @param seen ids of the members seen now
record Quorum(Map<String, String> known, Set<String> seen) {
  Quorum {
    known = Map.copyOf(known);
    seen = Set.copyOf(seen);
  }

  boolean holds() {
    if (known.isEmpty()) {
      return true;
    }
    Set<String> present = present();
    return 2 * present.size() > known.size()
        || (2 * present.size() == known.size()
            && present.contains(new TreeSet<>(known.keySet()).first()));
  }

  private Set<String> present() {
    Set<String> present = new HashSet<>(known.keySet());
    present.retainAll(seen);
    return present;
  }

  /// Who is missing, for people; empty when nobody is.
  String missing() {
    Map<String, String> missing = new TreeMap<>(known);
    missing.keySet().removeAll(seen);
    return String.join(", ", new TreeSet<>(missing.values()));
  }

  /// One sentence for people, as far as the quorum does not hold.
  String explanation() {
    int present = present().size();
    return "this side of the grid sees "
        + present
        + " of "
        + known.size()
        + " members ("
        + missing()
        + " missing), too few to change what all share; reads go on";
  }
}
