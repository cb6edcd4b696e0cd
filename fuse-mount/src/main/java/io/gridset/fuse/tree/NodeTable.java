package io.gridset.fuse.tree;

import io.gridset.core.file.FileEntry;
import io.gridset.fuse.tree.Node.LookupOutcome;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// The nodes by id, and for each path the node that the next lookup hands out. Bounded by what the
/// kernel holds: a node lives until the kernel has forgotten every lookup of it. Thread-safe.
public final class NodeTable {
  /// FUSE_ROOT_ID.
  public static final long ROOT = 1;

  private final ConcurrentHashMap<Long, Node> byId = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, Node> current = new ConcurrentHashMap<>();
  private final AtomicLong nextId = new AtomicLong(ROOT + 1);

  /// @param root the entry of the root, whose node is always there
  public NodeTable(FileEntry root) {
    Node node = new Node(ROOT, root, Long.MAX_VALUE);
    byId.put(ROOT, node);
    current.put(root.path(), node);
  }

  public Optional<Node> find(long id) {
    return Optional.ofNullable(byId.get(id));
  }

  /// The node that a lookup of `path` would hand out, if the kernel knows one.
  public Optional<Node> at(String path) {
    return Optional.ofNullable(current.get(path));
  }

  /// The node of `entry` with one lookup more: the current one of its path when it stands for the
  /// same version, else a new one that takes its place.
  public Node look(FileEntry entry) {
    Node known = current.get(entry.path());
    if (known != null && known.standsFor(entry) && known.looked(entry) == LookupOutcome.COUNTED) {
      return known;
    }
    return current.compute(
        entry.path(),
        (path, node) -> {
          if (node != null
              && node.standsFor(entry)
              && node.looked(entry) == LookupOutcome.COUNTED) {
            return node;
          }
          Node fresh = new Node(nextId.getAndIncrement(), entry, 1);
          byId.put(fresh.id(), fresh);
          return fresh;
        });
  }

  /// Takes back `lookups` of a node. True when the kernel now knows nothing of it, and so does the
  /// table.
  public boolean forget(long id, long lookups) {
    Node node = byId.get(id);
    if (node == null || id == ROOT || node.forget(lookups) == LookupOutcome.COUNTED) {
      return false;
    }
    byId.remove(id);
    current.remove(node.path(), node);
    return true;
  }

  /// Makes the next lookup of the node's path hand out another node.
  public void retire(Node node) {
    if (node.id() != ROOT) {
      current.remove(node.path(), node);
    }
  }

  public boolean isRetired(Node node) {
    return current.get(node.path()) != node;
  }

  public int size() {
    return byId.size();
  }
}
