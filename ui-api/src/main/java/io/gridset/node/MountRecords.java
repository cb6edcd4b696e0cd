package io.gridset.node;

import com.fasterxml.jackson.core.type.TypeReference;
import io.gridset.client.MountRequest;
import io.gridset.client.WireJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collection;
import java.util.List;

/// The mounts that a node brings back at start, in one file of its state directory. Written whole
/// and renamed, so that a crash leaves the old or the new list.
final class MountRecords {
  private final Path file;

  MountRecords(Path stateDirectory) {
    this.file = stateDirectory.resolve("mounts.json");
  }

  List<MountRequest> read() throws IOException {
    return Files.exists(file)
        ? WireJson.mapper().readValue(file.toFile(), new TypeReference<>() {})
        : List.of();
  }

  void write(Collection<MountRequest> mounts) throws IOException {
    Path next = file.resolveSibling("mounts.json.new");
    WireJson.mapper().writeValue(next.toFile(), mounts);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
