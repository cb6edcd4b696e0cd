package io.gridset.node;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/// The version that was built, as the build wrote it down.
public final class BuildVersion {
  private BuildVersion() {}

  public static String current() {
    try (InputStream in = BuildVersion.class.getResourceAsStream("/gridset-version.txt")) {
      return in == null ? "unknown" : new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
