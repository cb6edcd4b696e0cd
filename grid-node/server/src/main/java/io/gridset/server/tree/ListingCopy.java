package io.gridset.server.tree;

import io.gridset.core.store.StorageException;
import java.util.Set;

/// A directory's listing as it travels and is kept: encoded, with how long ago the origin told it.
/// Immutable; nobody changes the bytes.
public final class ListingCopy {
  /// Whether the origin stands behind a listing.
  public enum Standing {
    /// The origin told it, so long ago as its age says.
    CURRENT,
    /// The origin should have been asked again, but did not answer.
    STALE
  }

  private final byte[] encoded;
  private final long ageNanos;
  private final Standing standing;

  /// @param ageNanos since the origin was asked; what is below 0 counts as 0
  public ListingCopy(byte[] encoded, long ageNanos, Standing standing) {
    this.encoded = encoded;
    this.ageNanos = Math.max(0, ageNanos);
    this.standing = standing;
  }

  /// The same with no other names than these.
  ///
  /// @throws StorageException CORRUPT when it cannot be read
  public ListingCopy only(Set<String> names) throws StorageException {
    Listing whole = ListingCodec.decode(encoded, Set.of());
    ListingBuilder builder = new ListingBuilder(Set.of());
    for (int i = 0; i < whole.count(); i++) {
      if (names.contains(whole.name(i)) && whole.isDirectory(i)) {
        builder.add(whole.rawName(i), Listing.DIRECTORY, null);
      }
    }
    return new ListingCopy(ListingCodec.encode(builder.build()), ageNanos, standing);
  }

  public byte[] encoded() {
    return encoded;
  }

  public long ageNanos() {
    return ageNanos;
  }

  public Standing standing() {
    return standing;
  }
}
