package io.gridset.server.grid;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;

/// A member's id: made once and kept beside its state, so that a restart changes nobody's ranks.
final class MemberId {
  private static final String FILE = "member-id";

  private MemberId() {}

  /// The id of a state directory.
  ///
  /// @throws IOException also when the file holds something else
  static String in(Path directory) throws IOException {
    Files.createDirectories(directory);
    Path file = directory.resolve(FILE);
    if (!Files.exists(file)) {
      Path fresh = directory.resolve(FILE + ".new");
      Files.writeString(fresh, UUID.randomUUID() + "\n");
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }
    String text = Files.readString(file).strip();
    try {
      return UUID.fromString(text).toString();
    } catch (IllegalArgumentException e) {
      throw new IOException(
          file + " holds no member id; remove it, and this node is a new member", e);
    }
  }
}
