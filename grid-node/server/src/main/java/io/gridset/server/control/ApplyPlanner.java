package io.gridset.server.control;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.core.control.ApplyOutcome;
import io.gridset.core.manifest.ParsedDocument;
import io.gridset.core.manifest.ResourceKind;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/// Decides what an applied document changes. An apply replaces what was applied before, so a field
/// that is left out is gone.
final class ApplyPlanner {
  private ApplyPlanner() {}

  /// @param resource what to store; empty when nothing changes
  record Planned(ApplyOutcome outcome, Optional<StoredResource> resource) {}

  static Planned plan(ParsedDocument document, Optional<StoredResource> present, Instant now) {
    return switch (document) {
      case ParsedDocument.Skipped(var kind, var name, var reason) ->
          new Planned(
              new ApplyOutcome(
                  kind, name.namespace(), name.name(), ApplyOutcome.Action.SKIPPED, reason),
              Optional.empty());
      case ParsedDocument.Resource resource -> plan(resource, present, now);
    };
  }

  private static Planned plan(
      ParsedDocument.Resource applied, Optional<StoredResource> present, Instant now) {
    if (present.isEmpty()) {
      return new Planned(
          outcome(applied, ApplyOutcome.Action.CREATED),
          Optional.of(
              new StoredResource(
                  applied.kind(),
                  applied.name(),
                  UUID.randomUUID().toString(),
                  0,
                  1,
                  now,
                  applied.document())));
    }
    StoredResource stored = present.get();
    if (stored.document().equals(applied.document())) {
      return new Planned(outcome(applied, ApplyOutcome.Action.UNCHANGED), Optional.empty());
    }
    boolean asksForMore = !wish(stored.document()).equals(wish(applied.document()));
    return new Planned(
        outcome(applied, ApplyOutcome.Action.CONFIGURED),
        Optional.of(
            new StoredResource(
                stored.kind(),
                stored.name(),
                stored.uid(),
                stored.version(),
                stored.generation() + (asksForMore ? 1 : 0),
                stored.created(),
                applied.document())));
  }

  /// The part whose change makes a new generation; labels and annotations do not.
  private static JsonNode wish(JsonNode document) {
    return document.path("kind").asText().equals(ResourceKind.SECRET.kind())
        ? document.path("data")
        : document.path("spec");
  }

  private static ApplyOutcome outcome(ParsedDocument.Resource applied, ApplyOutcome.Action action) {
    return new ApplyOutcome(
        applied.kind().kind(),
        applied.name().namespace(),
        applied.name().name(),
        action,
        applied.message());
  }
}
