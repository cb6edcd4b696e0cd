package io.gridset.server.store.range;

import io.gridset.core.store.StorageException;

/// Says what a response means that is not what was asked for.
public interface Refusals {
  /// @param what the object or directory, for messages
  /// @param body the beginning of the response's body; a vendor's error document, perhaps
  StorageException refusal(String what, ResponseHead head, byte[] body);
}
