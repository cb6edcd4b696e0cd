package io.gridset.operator.webhook;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.List;

/// What admission does with a pod.
sealed interface Outcome {
  /// It is none of ours.
  record Untouched() implements Outcome {}

  /// @param patch as of RFC 6902; empty when nothing is left to do
  /// @param warnings for whoever creates the pod
  record Changed(ArrayNode patch, List<String> warnings) implements Outcome {}

  /// @param message says what is wrong and what helps
  record Refused(String message) implements Outcome {}
}
