package io.gridset.server.tree;

/// Where a tree finds listings besides the origin, and hands those that it heard.
///
/// @param others what other nodes know
/// @param shelf what was kept before a restart
public record ListingExchange(SharedListings others, ListingShelf shelf) {
  /// For a node with neither.
  public static final ListingExchange NONE =
      new ListingExchange(SharedListings.alone(), ListingShelf.none());
}
