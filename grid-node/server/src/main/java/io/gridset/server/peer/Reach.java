package io.gridset.server.peer;

import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.SharedDirectory;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// How much of a dataset's tree somebody may read: all of it when his token names it, else the
/// directories that datasets of his token show, as long as these run. So what a reference opens is
/// decided by the manifests and grants of the moment, and not by a token. Immutable.
public final class Reach {
  private final List<String> directories;

  private Reach(List<String> directories) {
    this.directories = directories;
  }

  /// @param shared directories of the dataset that others show
  public static Reach of(PeerCaller caller, DatasetName dataset, List<SharedDirectory> shared) {
    if (caller.maySee(dataset)) {
      return new Reach(List.of(""));
    }
    return new Reach(
        shared.stream()
            .filter(each -> caller.maySee(each.shownBy()))
            .map(SharedDirectory::path)
            .distinct()
            .toList());
  }

  public boolean isNothing() {
    return directories.isEmpty();
  }

  public boolean isAll() {
    return directories.contains("");
  }

  /// Whether what stands at this path of the tree may be read.
  public boolean covers(String path) {
    return directories.stream().anyMatch(directory -> isAtOrBelow(path, directory));
  }

  /// Whether this path lies above something that may be read.
  private boolean leadsOn(String path) {
    return directories.stream().anyMatch(readable -> isAtOrBelow(readable, path));
  }

  /// Whether anything of a directory's listing may be seen.
  public boolean touches(String directory) {
    return covers(directory) || leadsOn(directory);
  }

  /// The names in a directory that lead on to what may be read; of nothing else in it is told.
  public Set<String> namesIn(String directory) {
    int start = directory.isEmpty() ? 0 : directory.length() + 1;
    return directories.stream()
        .filter(each -> each.length() > directory.length() && isAtOrBelow(each, directory))
        .map(each -> each.substring(start).split("/", 2)[0])
        .collect(Collectors.toUnmodifiableSet());
  }

  private static boolean isAtOrBelow(String place, String ancestor) {
    return ancestor.isEmpty() || place.equals(ancestor) || place.startsWith(ancestor + "/");
  }
}
