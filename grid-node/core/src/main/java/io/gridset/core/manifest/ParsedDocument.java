package io.gridset.core.manifest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.dataset.DatasetName;
import java.util.List;

/// What one document of a manifest text turned out to be.
public sealed interface ParsedDocument {
  /// A resource that this program acts on.
  ///
  /// @param document in normal form: no status, no server-side metadata; a Secret's `stringData` is
  ///   merged into `data`. Treat it as immutable
  /// @param kept paths of fields that are accepted without effect
  /// @param notes what else the user should know
  record Resource(
      ResourceKind kind,
      DatasetName name,
      ObjectNode document,
      List<String> kept,
      List<String> notes)
      implements ParsedDocument {
    public Resource {
      kept = List.copyOf(kept);
      notes = List.copyOf(notes);
    }

    /// One line for the user, empty when there is nothing to say.
    public String message() {
      List<String> parts = new java.util.ArrayList<>(notes);
      if (!kept.isEmpty()) {
        parts.add("kept, not acted on by the standalone program: " + String.join(", ", kept));
      }
      return String.join("; ", parts);
    }

    /// Without the document, which may be a Secret.
    @Override
    public String toString() {
      return kind.kind() + " " + name;
    }
  }

  /// A document that means nothing here.
  ///
  /// @param reason why, for the user
  record Skipped(String kind, DatasetName name, String reason) implements ParsedDocument {}
}
