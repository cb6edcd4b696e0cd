package io.gridset.server.tree;

import io.gridset.core.store.ObjectIdentity;

/// What others say about one file whose identity a listing does not tell.
public sealed interface KnownIdentity {
  /// This is it.
  record Present(ObjectIdentity identity) implements KnownIdentity {}

  /// The origin has no such file.
  record Gone() implements KnownIdentity {}

  /// Nobody says; this node is to ask the origin itself.
  record AskOrigin() implements KnownIdentity {}
}
