package io.gridset.images;

import com.google.cloud.tools.jib.api.CacheDirectoryCreationException;
import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.InvalidImageReferenceException;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.JibContainer;
import com.google.cloud.tools.jib.api.JibContainerBuilder;
import com.google.cloud.tools.jib.api.RegistryException;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FilePermissions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;

/// The one image of all roles: layers above a base. The same base and layers give the same id,
/// since Jib gives every file the same time and owner.
///
/// @param base `tar://FILE`, as `docker save` writes it, or the name of an image that a registry
///   has
/// @param name of the image, `repository:tag`
/// @param layers directories, lowest first; what is in them stands below `/` in the image, and
///   executable files stay so
record GridsetImage(String base, String name, List<Path> layers) {
  private static final FilePermissions PROGRAM = FilePermissions.fromOctalString("755");
  private static final FilePermissions FILE = FilePermissions.fromOctalString("644");
  private static final String PROGRAM_NAME = "gridset";

  GridsetImage {
    layers = List.copyOf(layers);
  }

  /// Writes a tar for `docker load`, `ctr images import` and `kind load image-archive`.
  ///
  /// @return the image's id, `sha256:…`
  /// @throws IOException when the base or a layer cannot be read
  String writeTo(Path target) throws IOException, InterruptedException {
    Path cache = Files.createTempDirectory("gridset-image");
    try {
      JibContainerBuilder image =
          Jib.from(base)
              .setEntrypoint(PROGRAM_NAME)
              .addLabel("org.opencontainers.image.title", "Gridset");
      for (Path layer : layers) {
        image.addFileEntriesLayer(entries(layer));
      }
      JibContainer built =
          image.containerize(
              Containerizer.to(TarImage.at(target).named(name))
                  .setBaseImageLayersCache(cache)
                  .setApplicationLayersCache(cache)
                  .setToolName("gridset"));
      return built.getImageId().toString();
    } catch (InvalidImageReferenceException
        | RegistryException
        | CacheDirectoryCreationException
        | ExecutionException e) {
      throw new IOException("the image " + name + " cannot be made of " + base, e);
    } finally {
      delete(cache);
    }
  }

  private static FileEntriesLayer entries(Path layer) throws IOException {
    FileEntriesLayer.Builder entries =
        FileEntriesLayer.builder().setName(layer.getFileName().toString());
    try (Stream<Path> files = Files.walk(layer)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        entries.addEntry(
            file,
            AbsoluteUnixPath.get("/" + layer.relativize(file)),
            Files.isExecutable(file) ? PROGRAM : FILE);
      }
    }
    return entries.build();
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(file);
      }
    }
  }
}
