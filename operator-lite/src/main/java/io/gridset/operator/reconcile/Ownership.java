package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.stream.StreamSupport;

/// References to owners, by which Kubernetes removes what has lost its owner. Pure.
final class Ownership {
  private Ownership() {}

  static ObjectNode controlledBy(JsonNode owner) {
    return reference(owner).put("controller", true);
  }

  static ObjectNode reference(JsonNode owner) {
    return Json.of(
        "apiVersion", owner.path("apiVersion"),
        "kind", owner.path("kind"),
        "name", owner.at("/metadata/name"),
        "uid", owner.at("/metadata/uid"));
  }

  static boolean isOwner(JsonNode owner, JsonNode object) {
    return StreamSupport.stream(object.at("/metadata/ownerReferences").spliterator(), false)
        .anyMatch(reference -> reference.path("uid").equals(owner.at("/metadata/uid")));
  }
}
