package io.gridset.localstore.objects;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The names in directories, sorted as keys are (a directory counts with its slash), remembered
/// while the directory's time stands still, so that paging through 100,000 objects sorts them once.
/// Thread-safe.
final class SortedDirectories {
  /// Remembered directories, least recently used first out; a page mostly needs the one it is in.
  private static final int CACHE_LIMIT = 1_024;

  /// A directory changed more recently than this may change again within the same time stamp.
  private static final Duration SETTLED = Duration.ofSeconds(1);

  private record Names(Instant modified, List<String> sorted) {}

  private final InstantSource clock;
  private final Map<Path, Names> cache =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Path, Names> eldest) {
          return size() > CACHE_LIMIT;
        }
      };

  SortedDirectories(InstantSource clock) {
    this.clock = clock;
  }

  /// The names, those of directories ending in a slash.
  List<String> names(Path directory) throws IOException {
    Instant modified = Files.getLastModifiedTime(directory).toInstant();
    synchronized (cache) {
      Names known = cache.get(directory);
      if (known != null && known.modified().equals(modified)) {
        return known.sorted();
      }
    }
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> children = Files.newDirectoryStream(directory)) {
      for (Path child : children) {
        String name = child.getFileName().toString();
        names.add(Files.isDirectory(child) ? name + "/" : name);
      }
    }
    names.sort(KeyOrder.UTF_8);
    List<String> sorted = List.copyOf(names);
    if (modified.plus(SETTLED).isBefore(clock.instant())) {
      synchronized (cache) {
        cache.put(directory, new Names(modified, sorted));
      }
    }
    return sorted;
  }
}
