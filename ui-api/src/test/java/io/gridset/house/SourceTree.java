package io.gridset.house;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/// The project's Java sources, parsed (not compiled) by the JDK's own parser.
record SourceTree(Path root, List<CompilationUnitTree> units, Trees trees) {

  static Path projectRoot() {
    return Path.of(System.getProperty("gridset.root", ".."));
  }

  /// Parses all of `src/main/java` in every module.
  static SourceTree parseMain() throws IOException {
    Path root = projectRoot();
    List<Path> files = files(root, "src/main/java", ".java");
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    var manager = compiler.getStandardFileManager(null, null, null);
    JavacTask task =
        (JavacTask)
            compiler.getTask(
                null,
                manager,
                null,
                List.of("-proc:none"),
                null,
                manager.getJavaFileObjectsFromPaths(files));
    List<CompilationUnitTree> units = new ArrayList<>();
    task.parse().forEach(units::add);
    return new SourceTree(root, units, Trees.instance(task));
  }

  static List<Path> files(Path root, String below, String suffix) throws IOException {
    try (Stream<Path> walk = Files.walk(root)) {
      return walk.filter(path -> path.toString().endsWith(suffix))
          .filter(path -> path.toString().contains("/" + below + "/"))
          .filter(path -> !path.toString().contains("/target/"))
          .sorted()
          .toList();
    }
  }

  static String read(Path path) {
    try {
      return Files.readString(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String name(CompilationUnitTree unit) {
    return root.toAbsolutePath()
        .normalize()
        .relativize(Path.of(unit.getSourceFile().toUri()).normalize())
        .toString();
  }
}
