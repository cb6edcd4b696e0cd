package io.gridset.core.manifest;

import io.gridset.core.dataset.SecretValue;

/// Where the values of `secretKeyRef` come from.
@FunctionalInterface
public interface SecretSource {
  Lookup find(String namespace, String secret, String key);

  /// What to do about a Secret that does not exist, beside creating it; empty when there is nothing
  /// to add.
  default String remedy() {
    return "";
  }

  /// What a look-up found.
  sealed interface Lookup {
    record Found(SecretValue value) implements Lookup {}

    record NoSuchSecret() implements Lookup {}

    record NoSuchKey() implements Lookup {}
  }
}
