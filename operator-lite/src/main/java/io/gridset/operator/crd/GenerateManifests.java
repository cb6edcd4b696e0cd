package io.gridset.operator.crd;

import io.gridset.core.schema.FluidKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Writes all definitions into a directory; `tools/generate-manifests.sh` runs it.
public final class GenerateManifests {
  private GenerateManifests() {}

  /// @param arguments the directory
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 1) {
      throw new IllegalArgumentException("one argument: the directory to write to");
    }
    Path directory = Files.createDirectories(Path.of(arguments[0]));
    for (FluidKind kind : FluidKind.values()) {
      Files.writeString(
          directory.resolve(CustomResourceDefinitions.fileName(kind)),
          CustomResourceDefinitions.yaml(kind));
    }
  }
}
