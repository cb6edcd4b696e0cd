package io.gridset.server.load;

import io.gridset.core.dataset.LoadRequest;
import io.gridset.core.file.FileEntry;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.tree.DatasetTree;
import io.gridset.server.tree.DirectoryView;
import io.gridset.server.tree.TreeFile;
import io.gridset.server.tree.TreeWalk;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/// The files that a load is about: targets without those that lie below another one, so that no
/// file counts twice.
///
/// @param directories to be walked
/// @param files named one by one
record LoadTargets(List<String> directories, List<String> files) {
  /// Listings at once: a load may ask more of the origin than the count in the background.
  private static final int PARALLEL_LISTINGS = 8;

  LoadTargets {
    directories = List.copyOf(directories);
    files = List.copyOf(files);
  }

  /// Takes each file of the targets, from several threads at once.
  interface FileVisitor {
    void visit(TreeFile file) throws StorageException;
  }

  /// Lists the targets afresh, if asked to, and looks them up.
  ///
  /// @throws StorageException NOT_FOUND naming a target that does not exist
  static LoadTargets prepare(DatasetTree tree, LoadRequest request) throws StorageException {
    if (request.refreshMetadata()) {
      refresh(tree, request.targets());
    }
    return resolve(tree, request.targets());
  }

  /// Forgets what was listed of the targets.
  static void refresh(DatasetTree tree, List<String> targets) throws StorageException {
    for (String target : targets.isEmpty() ? List.of("") : targets) {
      tree.sync(normalised(target));
    }
  }

  /// @throws StorageException NOT_FOUND naming a target that does not exist
  static LoadTargets resolve(DatasetTree tree, List<String> targets) throws StorageException {
    List<String> directories = new ArrayList<>();
    List<String> files = new ArrayList<>();
    for (String target : targets.isEmpty() ? List.of("") : targets) {
      String path = normalised(target);
      Optional<FileEntry> entry = tree.find(path);
      if (entry.isEmpty()) {
        throw StorageException.of(
            Kind.NOT_FOUND, "target '/" + path + "' does not exist in the dataset");
      }
      (entry.get().isDirectory() ? directories : files).add(path);
    }
    List<String> outer =
        directories.stream()
            .distinct()
            .filter(path -> directories.stream().noneMatch(other -> isBelow(path, other)))
            .toList();
    return new LoadTargets(
        outer,
        files.stream()
            .distinct()
            .filter(path -> outer.stream().noneMatch(other -> isBelow(path, other)))
            .toList());
  }

  void visitFiles(DatasetTree tree, FileVisitor visitor, BooleanSupplier wanted)
      throws StorageException {
    for (String file : files) {
      Optional<TreeFile> found = wanted.getAsBoolean() ? tree.file(file) : Optional.empty();
      if (found.isPresent()) {
        visitor.visit(found.get());
      }
    }
    for (String directory : directories) {
      new TreeWalk(tree, view -> visitIn(view, visitor, wanted), wanted)
          .run(directory, PARALLEL_LISTINGS);
    }
  }

  private static void visitIn(DirectoryView view, FileVisitor visitor, BooleanSupplier wanted)
      throws StorageException {
    view.resolveIdentities();
    for (int i = 0; i < view.count() && wanted.getAsBoolean(); i++) {
      Optional<TreeFile> file = view.file(i);
      if (file.isPresent()) {
        visitor.visit(file.get());
      }
    }
  }

  private static boolean isBelow(String path, String ancestor) {
    return !path.equals(ancestor) && (ancestor.isEmpty() || path.startsWith(ancestor + "/"));
  }

  private static String normalised(String target) {
    String path = target;
    while (path.startsWith("/")) {
      path = path.substring(1);
    }
    while (path.endsWith("/")) {
      path = path.substring(0, path.length() - 1);
    }
    return path;
  }
}
