package io.gridset.server.peer;

import io.gridset.client.trust.ReaderClaims;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.util.Optional;

/// Who asks a data server.
///
/// @param claims what its reader token allows; empty for a member, which may do everything
public record PeerCaller(Optional<ReaderClaims> claims) {
  /// A node that knows the cluster's secret.
  public static PeerCaller member() {
    return new PeerCaller(Optional.empty());
  }

  /// Whether it is a member of the grid, and not a reader node.
  public boolean isMember() {
    return claims.isEmpty();
  }

  /// Whether it may read this dataset and know of it.
  public boolean maySee(DatasetName dataset) {
    return claims.isEmpty() || claims.get().allowsAll() || claims.get().allows(dataset);
  }

  /// @throws StorageException ACCESS_DENIED for a reader
  public void requireMember() throws StorageException {
    if (claims.isPresent()) {
      throw StorageException.of(Kind.ACCESS_DENIED, "a reader token is not enough for this");
    }
  }

  /// @param dataset empty when nobody here knows it
  /// @throws StorageException ACCESS_DENIED for a reader whose token does not name the dataset
  public void requireRead(Optional<DatasetName> dataset) throws StorageException {
    if (claims.isPresent()
        && !claims.get().allowsAll()
        && !dataset.map(claims.get()::allows).orElse(false)) {
      throw StorageException.of(
          Kind.ACCESS_DENIED,
          "the reader token does not allow to read "
              + dataset.map(name -> "dataset " + name).orElse("a dataset that is unknown here"));
    }
  }
}
