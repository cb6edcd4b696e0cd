package io.gridset.api;

import io.gridset.client.FilePage;
import io.gridset.client.FileTotals;
import io.gridset.client.FileView;
import io.gridset.core.file.DatasetFiles;
import io.gridset.core.file.FileEntry;
import io.gridset.core.store.StorageException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Walks a dataset's tree, a directory before what is in it, names ascending, and resumes behind
/// any path: so a listing of a million files goes out in pages, and no state is kept between them.
final class FileWalk {
  private final DatasetFiles files;
  private final int limit;

  FileWalk(DatasetFiles files, int limit) {
    this.files = files;
    this.limit = limit;
  }

  /// Whether a walk enters sub-directories.
  enum Depth {
    DIRECTORY,
    TREE
  }

  /// Lists `path`; a file lists itself.
  FilePage page(String path, Depth depth, Optional<String> after) throws StorageException {
    FileEntry start = existing(path);
    if (!start.isDirectory()) {
      return new FilePage(List.of(view(start)), null);
    }
    Page page = new Page(depth, after.orElse(""));
    page.visit(path);
    return new FilePage(page.found, page.full ? page.found.getLast().path() : null);
  }

  FileTotals totals(String path) throws StorageException {
    FileEntry start = existing(path);
    long[] sums = new long[3];
    add(start, sums);
    return new FileTotals(view(start), sums[0], sums[1], sums[2]);
  }

  private void add(FileEntry entry, long[] sums) throws StorageException {
    if (entry.isDirectory()) {
      for (FileEntry child : files.list(entry.path())) {
        add(child, sums);
      }
    } else {
      sums[0]++;
      sums[1] += entry.sizeBytes();
      sums[2] += files.cachedBytes(entry.path());
    }
  }

  private FileEntry existing(String path) throws StorageException {
    return files
        .find(path)
        .orElseThrow(
            () ->
                StorageException.of(
                    StorageException.Kind.NOT_FOUND, "no such file or directory: /" + path));
  }

  private FileView view(FileEntry entry) throws StorageException {
    return entry.isDirectory()
        ? FileView.directory(entry)
        : FileView.file(entry, files.cachedBytes(entry.path()));
  }

  private final class Page {
    private final Depth depth;
    private final String after;
    private final List<FileView> found = new ArrayList<>();
    private boolean full;

    Page(Depth depth, String after) {
      this.depth = depth;
      this.after = after;
    }

    void visit(String directory) throws StorageException {
      List<FileEntry> children = new ArrayList<>(files.list(directory));
      children.sort(Comparator.comparing(FileEntry::name));
      String skipTo = nameBelow(directory);
      for (FileEntry child : children) {
        int order = child.name().compareTo(skipTo);
        if (order < 0) {
          continue;
        }
        if (order > 0) {
          if (found.size() == limit) {
            full = true;
            return;
          }
          found.add(view(child));
        }
        if (child.isDirectory() && depth == Depth.TREE) {
          visit(child.path());
          if (full) {
            return;
          }
        }
      }
    }

    /// The name in `directory` that `after` goes through, which the last page told; else empty.
    private String nameBelow(String directory) {
      String prefix = directory.isEmpty() ? "" : directory + "/";
      if (after.isEmpty() || !after.startsWith(prefix)) {
        return "";
      }
      String rest = after.substring(prefix.length());
      int slash = rest.indexOf('/');
      return slash < 0 ? rest : rest.substring(0, slash);
    }
  }
}
