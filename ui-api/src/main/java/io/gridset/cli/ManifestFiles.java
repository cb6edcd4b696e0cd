package io.gridset.cli;

import io.gridset.core.manifest.ManifestTemplate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Reads the manifests of `-f`: a file, standard input (`-`), or all of a directory, with `${NAME}`
/// filled in from the environment.
final class ManifestFiles {
  private final Surroundings surroundings;

  ManifestFiles(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  /// One text of all documents. Variables that are not set stay as they are, with a note on
  /// standard error: the node refuses them where they matter.
  String read(List<String> places) throws IOException {
    List<String> texts = new ArrayList<>();
    for (String place : places) {
      if (place.equals("-")) {
        texts.add(new String(surroundings.in().readAllBytes(), StandardCharsets.UTF_8));
      } else {
        for (Path file : files(Path.of(place))) {
          texts.add(Files.readString(file));
        }
      }
    }
    ManifestTemplate.Expansion expansion =
        ManifestTemplate.expand(String.join("\n---\n", texts), surroundings.environment());
    expansion.problems().forEach(problem -> surroundings.err().println("warning: " + problem));
    return expansion.text();
  }

  private static List<Path> files(Path place) throws IOException {
    if (!Files.isDirectory(place)) {
      return List.of(place);
    }
    try (Stream<Path> entries = Files.list(place)) {
      List<Path> files =
          entries.filter(f -> f.toString().matches(".*\\.(ya?ml|json)")).sorted().toList();
      if (files.isEmpty()) {
        throw CommandFailure.failed("no .yaml, .yml or .json files in " + place);
      }
      return files;
    }
  }
}
