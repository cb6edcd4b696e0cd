package io.gridset.server.state;

/// The tables of a grid.
public interface SharedTables {
  /// Names of objects.
  SharedTable objects();

  /// Names that somebody is about to put.
  SharedTable claims();
}
