package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.dataset.DatasetName;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What is known of a dataset, its runtimes and its operations at one moment.
///
/// @param runtimes of any kind, by this name
/// @param referring datasets that refer to this one
/// @param original the dataset that this one refers to, with its runtimes
/// @param report of the members
public record Observed(
    DatasetName name,
    Optional<ObjectNode> dataset,
    List<ObjectNode> runtimes,
    Operations operations,
    List<ObjectNode> referring,
    Optional<Original> original,
    Owned owned,
    GridReport report,
    Instant now) {
  /// A dataset that another refers to.
  ///
  /// @param runtimes of any kind, by its name
  public record Original(ObjectNode dataset, List<ObjectNode> runtimes) {
    public Original {
      runtimes = List.copyOf(runtimes);
    }
  }

  /// Of several runtimes of one name the oldest that stays.
  static Optional<ObjectNode> serving(List<ObjectNode> runtimes) {
    return runtimes.stream()
        .filter(runtime -> !isGoing(runtime))
        .min(
            Comparator.<ObjectNode, String>comparing(
                    runtime -> Json.text(runtime, "/metadata/creationTimestamp"))
                .thenComparing(runtime -> runtime.path("kind").asText()));
  }

  /// What the operator made and what runs.
  ///
  /// @param objects all that it made for this name, pods included
  /// @param nodes the labels of each node
  /// @param users pods that use the claim; looked for only when the dataset is to go
  /// @param refused Jobs that the API server would not have, as `Job/NAME@SOURCE`, and why
  public record Owned(
      List<ObjectNode> objects,
      Map<String, Map<String, String>> nodes,
      List<String> users,
      Map<String, String> refused) {
    public Owned {
      objects = List.copyOf(objects);
      nodes = Map.copyOf(nodes);
      users = List.copyOf(users);
      refused = Map.copyOf(refused);
    }

    Optional<ObjectNode> find(String kind, String name) {
      return objects.stream()
          .filter(object -> object.path("kind").asText().equals(kind))
          .filter(object -> object.at("/metadata/name").asText().equals(name))
          .findFirst();
    }

    List<ObjectNode> pods(String role) {
      return objects.stream()
          .filter(object -> object.path("kind").asText().equals("Pod"))
          .filter(pod -> pod.at("/metadata/labels/role").asText().endsWith("-" + role))
          .sorted(
              java.util.Comparator.<ObjectNode>comparingInt(
                      pod -> pod.at("/metadata/name").asText().length())
                  .thenComparing(pod -> pod.at("/metadata/name").asText()))
          .toList();
    }
  }

  /// Data operations.
  ///
  /// @param own of this dataset, in its namespace
  /// @param preceding those that they come after, and those that these come after
  public record Operations(List<ObjectNode> own, List<ObjectNode> preceding) {
    public Operations {
      own = List.copyOf(own);
      preceding = List.copyOf(preceding);
    }
  }

  public Observed {
    runtimes = List.copyOf(runtimes);
    referring = List.copyOf(referring);
  }

  static boolean isGoing(JsonNode object) {
    return object.path("metadata").hasNonNull("deletionTimestamp");
  }
}
