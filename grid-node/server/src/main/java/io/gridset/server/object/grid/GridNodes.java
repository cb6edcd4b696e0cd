package io.gridset.server.object.grid;

import java.util.Map;
import java.util.Set;

/// The nodes of the grid, as those see them who keep its objects. Never waits.
interface GridNodes {
  /// Id of this one.
  String self();

  /// Ids of those that are there now.
  Set<String> live();

  /// Names by id of all that belong to the grid, those included that are gone and may come back.
  Map<String, String> belonging();

  /// Whether this one acts where one of all must, and sees enough of them to do so.
  boolean leads();

  /// How people call a node.
  String name(String id);
}
