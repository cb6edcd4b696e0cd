package io.gridset.server.store.range;

import io.gridset.core.store.StorageException;
import java.util.Optional;

/// Where a redirecting answer may lead.
@FunctionalInterface
public interface Redirects {
  /// A chain longer than this is a loop.
  int MAX_HOPS = 5;

  /// The request to send instead of `from`, with only the credentials that may go there; empty when
  /// `answer` is no redirect, or one that must not be followed.
  Optional<RequestHead> next(RequestHead from, ResponseHead answer) throws StorageException;

  /// For signed requests, which are good for one address only.
  static Redirects none() {
    return (_, _) -> Optional.empty();
  }
}
