package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Map;

/// Whether an object of the cluster is already as it is wanted, whatever the server and others
/// added to it. Pure.
public final class ObjectSameness {
  private ObjectSameness() {}

  /// Whether all that is wanted stands in `present`; lists must agree item by item.
  public static boolean holds(JsonNode present, JsonNode wanted) {
    if (wanted.isObject()) {
      for (Map.Entry<String, JsonNode> field : wanted.properties()) {
        JsonNode there = present.path(field.getKey());
        boolean emptyAndLeftOut =
            there.isMissingNode() && field.getValue().isArray() && field.getValue().isEmpty();
        if (!emptyAndLeftOut && !holds(there, field.getValue())) {
          return false;
        }
      }
      return present.isObject();
    }
    if (wanted.isArray()) {
      if (present.size() != wanted.size()) {
        return false;
      }
      for (int i = 0; i < wanted.size(); i++) {
        if (!holds(present.get(i), wanted.get(i))) {
          return false;
        }
      }
      return present.isArray();
    }
    return present.isValueNode()
        && (present.asText().equals(wanted.asText()) || sameQuantity(present, wanted));
  }

  /// The server writes quantities in its own way: `1Gi` for `1024Mi`.
  private static boolean sameQuantity(JsonNode present, JsonNode wanted) {
    if (!present.isTextual()
        || present.asText().isEmpty()
        || !Character.isDigit(present.asText().charAt(0))) {
      return false;
    }
    try {
      return Quantity.parse(present.asText())
              .getNumericalAmount()
              .compareTo(Quantity.parse(wanted.asText()).getNumericalAmount())
          == 0;
    } catch (IllegalArgumentException e) {
      return false; // Neither is a quantity, then.
    }
  }
}
