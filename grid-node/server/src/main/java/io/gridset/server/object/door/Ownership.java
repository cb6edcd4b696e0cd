package io.gridset.server.object.door;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Who this process is.
final class Ownership {
  private static final int USER_ID = userId(Path.of("/proc/self"));

  private Ownership() {}

  static int userId() {
    return USER_ID;
  }

  private static int userId(Path process) {
    try {
      return (int) Files.getAttribute(process, "unix:uid");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
