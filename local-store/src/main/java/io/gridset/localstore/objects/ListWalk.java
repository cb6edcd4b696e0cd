package io.gridset.localstore.objects;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// One pass over a bucket's directories in key order, skipping the subtrees that the query
/// excludes. Used once, by one thread.
final class ListWalk {
  /// Reads the object behind a key.
  @FunctionalInterface
  interface Reading {
    StoredObject read(Path file) throws IOException;
  }

  private final SortedDirectories directories;
  private final Reading reading;
  private final ListQuery query;
  private final List<ListPage.Entry> contents = new ArrayList<>();
  private final List<String> commonPrefixes = new ArrayList<>();
  private String last = "";
  private boolean truncated;

  ListWalk(SortedDirectories directories, Reading reading, ListQuery query) {
    this.directories = directories;
    this.reading = reading;
    this.query = query;
  }

  ListPage run(Path bucket) throws IOException {
    if (query.limit() > 0) {
      visit(bucket, "");
    }
    return new ListPage(contents, commonPrefixes, last, truncated);
  }

  private void visit(Path directory, String parent) throws IOException {
    List<String> names;
    try {
      names = directories.names(directory);
    } catch (NoSuchFileException _) {
      return; // Deleted since its parent was read.
    }
    for (String name : names) {
      boolean folder = name.endsWith("/");
      boolean marker = name.equals(Buckets.FOLDER_MARKER);
      String key = marker ? parent : parent + name;
      if (!concerns(key, folder)) {
        continue;
      }
      Path child = directory.resolve(folder ? name.substring(0, name.length() - 1) : name);
      String common = commonPrefix(key);
      if (!common.isEmpty()) {
        group(common, child, folder);
      } else if (folder) {
        visit(child, key);
      } else {
        add(key, child);
      }
      if (truncated) {
        return;
      }
    }
  }

  private boolean concerns(String key, boolean folder) {
    boolean within = key.startsWith(query.prefix());
    boolean above = folder && query.prefix().startsWith(key);
    boolean behind =
        KeyOrder.UTF_8.compare(key, query.after()) > 0 || (folder && query.after().startsWith(key));
    return (within || above) && behind;
  }

  /// The part of the key up to the delimiter behind the prefix; empty if there is none.
  private String commonPrefix(String key) {
    if (query.delimiter().isEmpty() || !key.startsWith(query.prefix())) {
      return "";
    }
    int at = key.indexOf(query.delimiter(), query.prefix().length());
    return at < 0 ? "" : key.substring(0, at + query.delimiter().length());
  }

  private void group(String common, Path child, boolean folder) throws IOException {
    boolean known = common.equals(last) || KeyOrder.UTF_8.compare(common, query.after()) <= 0;
    if (!known && (!folder || holdsObjects(child)) && take(common)) {
      commonPrefixes.add(common);
    }
  }

  /// A directory without any file is no prefix of any key.
  private boolean holdsObjects(Path directory) throws IOException {
    for (String name : directories.names(directory)) {
      if (!name.endsWith("/")
          || holdsObjects(directory.resolve(name.substring(0, name.length() - 1)))) {
        return true;
      }
    }
    return false;
  }

  private void add(String key, Path file) throws IOException {
    try {
      StoredObject object = reading.read(file);
      if (take(key)) {
        contents.add(new ListPage.Entry(key, object));
      }
    } catch (NoSuchFileException _) {
      return; // Deleted since its directory was read.
    }
  }

  private boolean take(String item) {
    truncated = contents.size() + commonPrefixes.size() == query.limit();
    if (!truncated) {
      last = item;
    }
    return !truncated;
  }
}
