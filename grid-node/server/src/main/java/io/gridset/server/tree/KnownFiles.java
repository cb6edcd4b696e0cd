package io.gridset.server.tree;

import io.gridset.core.store.StorageException;
import java.util.ArrayDeque;
import java.util.Deque;

/// The files of a tree as they were listed last, however old that is, without asking anybody.
public final class KnownFiles {
  private KnownFiles() {}

  /// Takes a file.
  public interface Visitor {
    void visit(TreeFile file) throws StorageException;
  }

  /// Calls `visitor` with each file that was listed and whose identity is known.
  ///
  /// @throws StorageException the visitor's own, which ends it
  public static void visit(DatasetTree tree, Visitor visitor) throws StorageException {
    Deque<String> waiting = new ArrayDeque<>();
    waiting.push("");
    while (!waiting.isEmpty()) {
      String path = waiting.pop();
      DirectorySlot.Shown shown = tree.lastShown(path);
      if (shown != null) {
        visit(new DirectoryView(tree, path, shown.listing()), waiting, visitor);
      }
    }
  }

  private static void visit(DirectoryView view, Deque<String> waiting, Visitor visitor)
      throws StorageException {
    for (int i = 0; i < view.count(); i++) {
      if (view.isDirectory(i)) {
        waiting.push(view.childPath(i));
        continue;
      }
      TreeFile file = view.knownFile(i).orElse(null);
      if (file != null) {
        visitor.visit(file);
      }
    }
  }
}
