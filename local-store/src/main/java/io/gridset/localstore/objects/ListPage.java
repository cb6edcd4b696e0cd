package io.gridset.localstore.objects;

import java.util.List;

/// A page of a list, in key order.
///
/// @param last the last key or common prefix, with which the next page continues; empty if none
/// @param truncated whether there is more
public record ListPage(
    List<Entry> contents, List<String> commonPrefixes, String last, boolean truncated) {
  /// An object in a list.
  public record Entry(String key, StoredObject object) {}
}
