package io.gridset.localstore.objects;

import java.util.Comparator;

/// The order of keys in lists: by their UTF-8 bytes, which is by code points. `String.compareTo`
/// orders by UTF-16 units and differs where one side has a surrogate.
enum KeyOrder implements Comparator<String> {
  UTF_8;

  @Override
  public int compare(String left, String right) {
    int length = Math.min(left.length(), right.length());
    for (int i = 0; i < length; i++) {
      char a = left.charAt(i);
      char b = right.charAt(i);
      if (a != b) {
        // A surrogate stands for a code point above all of the basic plane.
        return Character.isSurrogate(a) == Character.isSurrogate(b)
            ? Character.compare(a, b)
            : Boolean.compare(Character.isSurrogate(a), Character.isSurrogate(b));
      }
    }
    return Integer.compare(left.length(), right.length());
  }
}
