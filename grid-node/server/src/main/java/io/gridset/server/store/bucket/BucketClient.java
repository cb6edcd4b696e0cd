package io.gridset.server.store.bucket;

import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException;
import io.gridset.server.store.range.Refusals;
import io.gridset.server.store.range.RequestHead;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A vendor's side of one bucket: lists, asks and signs. One attempt per call. Thread-safe.
public interface BucketClient extends AutoCloseable {
  /// One page of the keys under `prefix`, cut at the next slash.
  ListPage page(String prefix, @Nullable String token) throws StorageException;

  /// The object at `key`, or empty when there is none.
  Optional<ObjectIdentity> head(String key) throws StorageException;

  /// Makes a GET of `key` that is good for `life`, whatever range and conditions are added to it.
  SignedGet sign(String key, Duration life) throws StorageException;

  /// What this vendor's error documents mean.
  Refusals refusals();

  @Override
  void close();

  /// @param next the token of the following page, or null at the end
  record ListPage(List<Listed> objects, List<String> prefixes, @Nullable String next) {}

  record Listed(String key, ObjectIdentity identity) {}

  record SignedGet(RequestHead get, Instant expires) {}
}
