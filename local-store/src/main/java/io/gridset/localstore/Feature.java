package io.gridset.localstore;

/// What a store may offer beyond the object protocols.
public enum Feature {
  /// Index pages in nginx's form, and unsigned reads, as of a web mirror.
  HTTP_INDEX,
  /// `/-/behaviour` and `/-/statistics`, unauthenticated.
  CONTROL
}
