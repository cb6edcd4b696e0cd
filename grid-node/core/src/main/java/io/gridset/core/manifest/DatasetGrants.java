package io.gridset.core.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.core.dataset.DatasetName;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Who may refer to a dataset (`dataset://`), by its `spec.grants`: without the field everybody, as
/// in Fluid; with it those that it names, and nobody else. The dataset's own namespace always may,
/// since it mounts the dataset itself. Immutable.
///
/// @param owner the dataset whose grants they are
/// @param grants empty when the field is missing; a field without entries grants nothing
public record DatasetGrants(DatasetName owner, Optional<List<Grant>> grants) {
  private static final String ALL_NAMESPACES = "*";

  public DatasetGrants {
    grants = grants.map(List::copyOf);
  }

  /// What a reference may do with the bytes.
  public enum Access {
    READ("Read"),
    READ_WRITE("ReadWrite");

    private final String word;

    Access(String word) {
      this.word = word;
    }

    static Access of(String word) {
      return word.equals(READ_WRITE.word) ? READ_WRITE : READ;
    }
  }

  /// One entry of `spec.grants`.
  ///
  /// @param namespaces names, or `*`
  /// @param paths directories of the dataset without slashes at their ends; an empty one is all of
  ///   it
  public record Grant(List<String> namespaces, List<String> paths, Access access) {
    public Grant {
      namespaces = List.copyOf(namespaces);
      paths = paths.isEmpty() ? List.of("") : List.copyOf(paths);
    }

    private boolean covers(String namespace, String path) {
      return (namespaces.contains(namespace) || namespaces.contains(ALL_NAMESPACES))
          && paths.stream().anyMatch(granted -> isAtOrBelow(path, granted));
    }

    private static boolean isAtOrBelow(String path, String directory) {
      return directory.isEmpty() || path.equals(directory) || path.startsWith(directory + "/");
    }
  }

  /// What becomes of references to a dataset that has no `spec.grants`.
  public enum WithoutGrants {
    /// Every namespace may refer to it, as in Fluid.
    EVERYBODY,
    /// Only its own namespace may.
    NOBODY_ELSE
  }

  /// @param document a Dataset's manifest that [ManifestParser] accepts
  public static DatasetGrants of(DatasetName owner, JsonNode document) {
    JsonNode field = document.path("spec").path("grants");
    if (!field.isArray()) {
      return new DatasetGrants(owner, Optional.empty());
    }
    List<Grant> grants = new ArrayList<>();
    for (JsonNode entry : field) {
      grants.add(
          new Grant(
              texts(entry.path("namespaces")),
              texts(entry.path("paths")).stream().map(DatasetGrants::normal).toList(),
              Access.of(entry.path("access").asText(""))));
    }
    return new DatasetGrants(owner, Optional.of(grants));
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(text -> texts.add(text.asText()));
    return texts;
  }

  private static String normal(String path) {
    return String.join(
        "/", Arrays.stream(path.split("/")).filter(part -> !part.isEmpty()).toList());
  }

  /// What a dataset of `namespace` may do with what it refers to; empty for nothing.
  public Optional<Access> access(
      String namespace, DatasetReference reference, WithoutGrants withoutGrants) {
    if (namespace.equals(owner.namespace())) {
      return Optional.of(Access.READ_WRITE);
    }
    if (grants.isEmpty()) {
      return withoutGrants == WithoutGrants.EVERYBODY
          ? Optional.of(Access.READ_WRITE)
          : Optional.empty();
    }
    return grants.get().stream()
        .filter(grant -> grant.covers(namespace, reference.subPath()))
        .map(Grant::access)
        .max(Comparator.naturalOrder());
  }

  /// What a user of `namespace` is told who may not refer to it: no more than he wrote himself.
  public static String denial(String namespace, DatasetReference reference) {
    String directory = reference.subPath().isEmpty() ? "" : " (/" + reference.subPath() + ")";
    return "spec.mounts[0].mountPoint: Dataset "
        + reference.original()
        + directory
        + " is not granted to namespace "
        + namespace
        + ": whoever owns it can add the namespace to its spec.grants";
  }
}
