package io.gridset.server.store;

import io.gridset.server.store.range.TransferLimits;
import io.gridset.server.store.retry.RetryLimits;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// How stores are reached.
///
/// @param transfer deadlines and connections of single requests, per store
/// @param retry how long failing operations are repeated
/// @param extraCaFile a PEM file of authorities to trust besides the Java runtime's own
public record StoreSettings(
    TransferLimits transfer, RetryLimits retry, @Nullable Path extraCaFile) {
  public static StoreSettings defaults() {
    return new StoreSettings(TransferLimits.DEFAULT, RetryLimits.DEFAULT, null);
  }
}
