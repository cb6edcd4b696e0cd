package io.gridset.server.object.door;

import io.gridset.client.ObjectAttributesView;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.object.ObjectAttributes;
import io.gridset.core.object.ObjectName;
import io.gridset.core.object.ObjectStore.Placing;
import org.jspecify.annotations.Nullable;

/// A request's header; which fields count is up to `op`.
record Request(
    @Nullable String op,
    @Nullable String namespace,
    @Nullable String name,
    @Nullable ObjectAttributesView attributes,
    @Nullable Long bytes,
    @Nullable String staging,
    @Nullable Boolean fetch,
    @Nullable String prefix,
    @Nullable String after,
    @Nullable Integer limit,
    @Nullable Boolean lost,
    @Nullable Long waitMillis,
    @Nullable String node,
    @Nullable Boolean move) {

  String operation() {
    return required("op", op);
  }

  String namespaceOrDefault() {
    return namespace == null || namespace.isEmpty() ? DatasetName.DEFAULT_NAMESPACE : namespace;
  }

  ObjectName objectName() {
    return new ObjectName(namespaceOrDefault(), required("name", name));
  }

  ObjectAttributes attributesOrPlain() {
    return attributes == null ? ObjectAttributes.plain() : attributes.attributes();
  }

  long byteCount() {
    long count = required("bytes", bytes);
    if (count < 1) {
      throw new IllegalArgumentException("bytes: at least 1, not " + count);
    }
    return count;
  }

  String stagingId() {
    return required("staging", staging);
  }

  boolean wantsFetch() {
    return fetch != null && fetch;
  }

  boolean wantsLost() {
    return lost != null && lost;
  }

  Placing placing() {
    return move != null && move ? Placing.MOVE : Placing.COPY;
  }

  private <T> T required(String field, @Nullable T value) {
    if (value == null) {
      throw new IllegalArgumentException(
          "the request" + (op == null ? "" : " \"" + op + "\"") + " needs \"" + field + "\"");
    }
    return value;
  }
}
