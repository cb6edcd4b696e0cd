package io.gridset.core.dataset;

/// A dataset's namespace and name; printed `namespace/name`.
public record DatasetName(String namespace, String name) {
  /// The namespace of manifests that name none.
  public static final String DEFAULT_NAMESPACE = "default";

  public DatasetName {
    if (namespace.isEmpty() || name.isEmpty()) {
      throw new IllegalArgumentException("a dataset needs a namespace and a name");
    }
  }

  /// Reads `name` or `namespace/name`.
  public static DatasetName parse(String text) {
    int slash = text.indexOf('/');
    return slash < 0
        ? new DatasetName(DEFAULT_NAMESPACE, text)
        : new DatasetName(text.substring(0, slash), text.substring(slash + 1));
  }

  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
