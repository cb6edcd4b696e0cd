package io.gridset.api;

import io.gridset.client.NodeView;
import io.gridset.core.object.FolderObjectStore;
import io.gridset.core.object.ObjectStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// Objects in a directory of their own.
public final class FakeObjects implements ServedObjects, AutoCloseable {
  private final Path directory;
  public final FolderObjectStore folder;

  FakeObjects() throws IOException {
    directory = Files.createTempDirectory("gridset-objects");
    folder = new FolderObjectStore(directory, node());
  }

  @Override
  public ObjectStore store() {
    return folder;
  }

  @Override
  public String node() {
    return "a";
  }

  @Override
  public NodeView.Objects figures() {
    return new NodeView.Objects(2, 3 << 20, 1L << 30);
  }

  @Override
  public List<String> listening() {
    return List.of();
  }

  @Override
  public void close() throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(directory)) {
      paths = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.delete(path);
    }
  }
}
