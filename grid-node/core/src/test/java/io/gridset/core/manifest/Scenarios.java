package io.gridset.core.manifest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// The manifests of `examples/scenarios`, filled in as a user's environment would.
public final class Scenarios {
  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "OSS_ACCESS_KEY_ID", "LTAI-test-id",
          "OSS_ACCESS_KEY_SECRET", "very-secret-value",
          "OSS_BUCKET", "models-bucket",
          "OSS_ENDPOINT", "oss-test.example.com",
          "HTTP_MIRROR", "https://web.example",
          "VOLUME", "volume",
          "BUCKET", "https://bucket.example.com");

  private Scenarios() {}

  /// The file's text with every variable filled in.
  public static String read(String file) {
    ManifestTemplate.Expansion expansion = ManifestTemplate.expand(raw(file), ENVIRONMENT);
    if (!expansion.problems().isEmpty()) {
      throw new AssertionError(expansion.problems().toString());
    }
    return expansion.text();
  }

  public static String raw(String file) {
    Path root = Path.of(System.getProperty("gridset.root", "."));
    try {
      return Files.readString(root.resolve("examples/scenarios").resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
