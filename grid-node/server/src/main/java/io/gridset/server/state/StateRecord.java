package io.gridset.server.state;

import org.jspecify.annotations.Nullable;

/// One version of one record. Two members that see the same set of versions agree on the winner.
///
/// @param version grows with every write anywhere (a Lamport clock)
/// @param uid of the resource it belongs to; tells a re-created resource from its predecessor
/// @param body null for a tombstone: the record was deleted
public record StateRecord(String key, long version, String uid, @Nullable String body) {
  /// Begins the keys of records that leave this node sealed or not at all.
  public static final String CONFIDENTIAL = "secret/";

  public boolean isConfidential() {
    return key.startsWith(CONFIDENTIAL);
  }

  public boolean isTombstone() {
    return body == null;
  }

  /// Whether this one wins over `other` of the same key: the higher version, then the deletion,
  /// then an order of the contents (arbitrary, but the same on every member).
  public boolean supersedes(@Nullable StateRecord other) {
    if (other == null || version != other.version) {
      return other == null || version > other.version;
    }
    String mine = body;
    String theirs = other.body;
    if (mine == null || theirs == null) {
      return mine == null && theirs != null;
    }
    int order = mine.compareTo(theirs);
    return order != 0 ? order > 0 : uid.compareTo(other.uid) > 0;
  }

  /// Without the body, which may be a Secret.
  @Override
  public String toString() {
    return key + "@" + version + (isTombstone() ? " deleted" : "");
  }
}
