package io.gridset.arrow;

import com.fasterxml.jackson.databind.node.ObjectNode;

/// A name in a namespace, which callers write `namespace:name`, or `name` alone. What a name may
/// consist of is the node's to say.
record ObjectPath(String namespace, String name) {
  private static final String DEFAULT_NAMESPACE = "default";

  static ObjectPath of(String text) {
    int colon = text.indexOf(':');
    return colon < 0
        ? new ObjectPath(DEFAULT_NAMESPACE, text)
        : new ObjectPath(text.substring(0, colon), text.substring(colon + 1));
  }

  ObjectNode into(ObjectNode request) {
    return request.put("namespace", namespace).put("name", name);
  }

  @Override
  public String toString() {
    return namespace + ":" + name;
  }
}
