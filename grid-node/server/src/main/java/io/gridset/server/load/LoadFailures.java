package io.gridset.server.load;

import java.util.ArrayList;
import java.util.List;

/// What went wrong in a load: all of it counted, the first few kept in words. Thread-safe.
final class LoadFailures {
  /// Lines kept; more would not be read.
  static final int MAX_LINES = 20;

  private final List<String> lines = new ArrayList<>();
  private long files;

  synchronized void addFile(String path, String reason) {
    files++;
    add(path + ": " + reason);
  }

  synchronized void add(String line) {
    if (lines.size() < MAX_LINES) {
      lines.add(line);
    }
  }

  synchronized long files() {
    return files;
  }

  synchronized List<String> lines() {
    return List.copyOf(lines);
  }
}
