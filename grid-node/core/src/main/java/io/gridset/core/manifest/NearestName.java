package io.gridset.core.manifest;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/// Finds what a misspelt name probably meant: the known name at the smallest edit distance
/// (Levenshtein 1966, case ignored), if it is near enough to be worth suggesting.
public final class NearestName {
  private NearestName() {}

  /// The nearest of `known`, if near enough.
  public static Optional<String> of(String name, Collection<String> known) {
    String wanted = name.toLowerCase(Locale.ROOT);
    int best = Math.max(1, Math.min(3, name.length() / 3)) + 1;
    Optional<String> nearest = Optional.empty();
    for (String candidate : known) {
      int distance = distance(wanted, candidate.toLowerCase(Locale.ROOT));
      if (distance < best) {
        best = distance;
        nearest = Optional.of(candidate);
      }
    }
    return nearest;
  }

  /// `, did you mean x?`, or nothing.
  public static String hint(String name, Collection<String> known) {
    return of(name, known).map(found -> ", did you mean " + found + "?").orElse("");
  }

  private static int distance(String left, String right) {
    int[] row = new int[right.length() + 1];
    for (int j = 0; j <= right.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= left.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= right.length(); j++) {
        int above = row[j];
        int replace = diagonal + (left.charAt(i - 1) == right.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replace, Math.min(above, row[j - 1]) + 1);
        diagonal = above;
      }
    }
    return row[right.length()];
  }
}
