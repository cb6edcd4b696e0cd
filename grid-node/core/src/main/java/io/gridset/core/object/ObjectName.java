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

  /// Reads `[NAMESPACE:]PATH`, as names are printed and as people write them.
  ///
  /// @param namespace of a text that names none
  /// @throws IllegalArgumentException when it is no name, saying why
  public static ObjectName parse(String text, String namespace) {
    Prefix all = Prefix.parse(text, namespace);
    return new ObjectName(all.namespace(), all.path());
  }

  /// How names in a namespace begin.
  ///
  /// @param path any text; empty for all names
  public record Prefix(String namespace, String path) {
    /// Reads `[NAMESPACE:]PATH`; every text is a prefix, if not always of a name.
    ///
    /// @param namespace of a text that names none
    public static Prefix parse(String text, String namespace) {
      int colon = text.indexOf(':');
      return colon < 0
          ? new Prefix(namespace, text)
          : new Prefix(text.substring(0, colon), text.substring(colon + 1));
    }
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
