package io.gridset.server.object.grid;

import io.gridset.core.object.ObjectStore.Placing;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.object.LocalObjectStore;
import io.gridset.server.object.ObjectRecord;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings objects to nodes that a user names, and has others let theirs go. Thread-safe.
final class ObjectPlacer {
  private static final Logger LOG = LoggerFactory.getLogger(ObjectPlacer.class);

  private final GridNodes nodes;
  private final GridObjectCatalog catalog;
  private final LocalObjectStore local;
  private final CopyOperation here;
  private final CopyMaker copies;

  ObjectPlacer(
      GridNodes nodes,
      GridObjectCatalog catalog,
      LocalObjectStore local,
      CopyOperation here,
      CopyMaker copies) {
    this.nodes = nodes;
    this.catalog = catalog;
    this.local = local;
    this.here = here;
    this.copies = copies;
  }

  /// Returns when the node holds the object, and with MOVE the others were asked to let it go. One
  /// that cannot be asked keeps its copy.
  ///
  /// @param record of an object that somebody holds
  /// @param node a name or an id; empty for this node
  void place(ObjectRecord record, String node, Placing placing) throws StorageException {
    if (record.payload() != null) {
      return; // All members hold it.
    }
    String id = node.isEmpty() ? nodes.self() : id(node);
    if (id.equals(nodes.self())) {
      here.bring(record);
    } else {
      copies.copy(record, id);
    }
    if (placing == Placing.MOVE) {
      record.info().holders().stream()
          .filter(holder -> !holder.equals(id))
          .forEach(holder -> letGo(record, holder));
    }
  }

  private String id(String node) throws StorageException {
    Set<String> live = nodes.live();
    if (live.contains(node)) {
      return node;
    }
    List<String> found = live.stream().filter(id -> nodes.name(id).equals(node)).toList();
    if (found.size() == 1) {
      return found.getFirst();
    }
    List<String> names = live.stream().map(nodes::name).sorted().toList();
    throw StorageException.of(
        Kind.INVALID,
        (found.isEmpty() ? "no node " + node : "more than one node " + node)
            + " is in the grid now: there are "
            + String.join(", ", names));
  }

  private void letGo(ObjectRecord record, String holder) {
    try {
      if (holder.equals(nodes.self())) {
        letGo(record);
      } else {
        copies.letGo(record, holder);
      }
    } catch (StorageException e) {
      LOG.info("{} keeps its copy of {}: {}", holder, record.name(), e.getMessage());
    }
  }

  /// Lets this node's copy go if enough others hold the object and it need not persist.
  void letGo(ObjectRecord record) throws StorageException {
    boolean stays =
        catalog
            .look(record.name())
            .filter(now -> now.id().equals(record.id()))
            .filter(now -> !now.info().attributes().persist())
            .isEmpty();
    if (!stays && catalog.leave(record.name(), record.id())) {
      local.release(record.name(), record.id());
    }
  }
}
