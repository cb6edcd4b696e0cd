package io.gridset.core.object;

import io.gridset.core.dataset.DatasetName;
import java.util.regex.Pattern;

/// The name of an object in a namespace; printed `namespace:path`.
///
/// @param path parts of letters, digits and `._=@+-`, joined by `/`, none starting with a dot; at
///   most 512 characters
public record ObjectName(String namespace, String path) {
  private static final Pattern PART = Pattern.compile("[A-Za-z0-9_=@+-][A-Za-z0-9._=@+-]*");
  private static final int LONGEST = 512;
  private static final int LONGEST_PART = 200;

  public ObjectName {
    if (namespace.isEmpty()) {
      throw new IllegalArgumentException("an object needs a namespace");
    }
    checkPath(path);
  }

  /// A name in the namespace of those who name none.
  public static ObjectName of(String path) {
    return new ObjectName(DatasetName.DEFAULT_NAMESPACE, path);
  }

  private static void checkPath(String path) {
    if (path.isEmpty() || path.length() > LONGEST) {
      throw new IllegalArgumentException("an object's name has 1 to " + LONGEST + " characters");
    }
    for (String part : path.split("/", -1)) {
      if (part.length() > LONGEST_PART || !PART.matcher(part).matches()) {
        throw new IllegalArgumentException(
            "object name \""
                + path
                + "\": \""
                + part
                + "\" is not a part of 1 to "
                + LONGEST_PART
                + " letters, digits and ._=@+- that does not start with a dot");
      }
    }
  }

  @Override
  public String toString() {
    return namespace + ":" + path;
  }
}
