package io.gridset.fuse;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/// What the tests need of the machine; without it they are skipped, saying why.
final class Machine {
  private Machine() {}

  static void assumeFuse() {
    assume(Files.isReadable(Path.of("/dev/fuse")), "there is no readable /dev/fuse");
    assume("root".equals(System.getProperty("user.name")), "mounting needs root");
  }

  static void assume(boolean given, String reason) {
    if (!given) {
      System.out.println("SKIPPED: " + reason);
    }
    Assumptions.assumeTrue(given, reason);
  }
}
