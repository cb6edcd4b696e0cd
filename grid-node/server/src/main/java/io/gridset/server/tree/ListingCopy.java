package io.gridset.server.tree;

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
