package io.gridset.server.cache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/// The identity of the running kernel's boot (random(4)): what was cached before another boot may
/// have been cut off on its way to the disk.
final class BootId {
  private static final Path SOURCE = Path.of("/proc/sys/kernel/random/boot_id");

  private BootId() {}

  /// This boot; a random identity, which trusts nothing, where the kernel does not tell.
  static UUID current() {
    try {
      return UUID.fromString(Files.readString(SOURCE).strip());
    } catch (IOException | IllegalArgumentException e) {
      return UUID.randomUUID();
    }
  }
}
