package io.gridset.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.LineMap;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import javax.lang.model.element.Modifier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// House rules on the sources; each message says the rule and the reason. Exceptions stand in
/// `house-exceptions.txt`, a list that may only shrink: an entry that is no longer needed fails
/// too.
class HouseRulesTest {
  private static final int TYPE_LINES_MAX = 400;
  private static final int METHOD_LINES_MAX = 50;
  private static final int PARAMETERS_MAX = 5;
  private static final Pattern BANNED_NAME =
      Pattern.compile(".*(Util|Utils|Common|Helper|Helpers|Manager|Impl)|Abstract.*Base");
  private static final Pattern CLOCK =
      Pattern.compile("System\\.(nanoTime|currentTimeMillis)\\(|Thread\\.sleep\\(");
  private static final Pattern LEFTOVER = Pattern.compile("\\b(TODO|FIXME|XXX|HACK)\\b");
  private static final Pattern CATCH_NOTHING = Pattern.compile("catch \\([^)]*\\) \\{\\s*\\}");

  private static SourceTree tree;
  private static Set<String> exceptions;

  @BeforeAll
  static void parse() throws IOException {
    tree = SourceTree.parseMain();
    Path list = tree.root().resolve("ui-api/src/test/resources/house-exceptions.txt");
    exceptions = new TreeSet<>();
    for (String line : Files.readAllLines(list)) {
      String rule = line.replaceFirst("\\s+#.*", "").strip();
      if (!rule.isEmpty() && !rule.startsWith("#")) {
        exceptions.add(rule);
      }
    }
  }

  @Test
  void sizesAndNamesStayWithinTheHouseRules() {
    Set<String> found = new TreeSet<>();
    for (CompilationUnitTree unit : tree.units()) {
      new Ceilings(unit, found).scan(unit, null);
    }
    assertThat(found)
        .as(
            "types <= %s lines, methods <= %s lines, <= %s parameters (else a record), no boolean"
                + " parameters in public methods (callers read `true` and guess), no names that say"
                + " nothing. New violations are to be mended, not listed; listed ones that are mended"
                + " must be taken off house-exceptions.txt",
            TYPE_LINES_MAX, METHOD_LINES_MAX, PARAMETERS_MAX)
        .containsExactlyInAnyOrderElementsOf(exceptions);
  }

  @Test
  void everyPackageHasADoorSign() throws IOException {
    List<String> missing = new ArrayList<>();
    for (Path source : SourceTree.files(tree.root(), "src/main/java", ".java")) {
      Path door = source.resolveSibling("package-info.java");
      if (!Files.exists(door) || !Files.readString(door).contains("@NullMarked")) {
        missing.add(source.getParent().toString());
      }
    }
    assertThat(new TreeSet<>(missing))
        .as("each package has a package-info.java that says what lives there, with @NullMarked")
        .isEmpty();
  }

  @Test
  void timeComesThroughASeam() throws IOException {
    List<String> found = new ArrayList<>();
    for (Path source : SourceTree.files(tree.root(), "src/main/java", ".java")) {
      if (!source.endsWith("Ticker.java") && CLOCK.matcher(SourceTree.read(source)).find()) {
        found.add(tree.root().relativize(source).toString());
      }
    }
    assertThat(found)
        .as("take a Ticker or an InstantSource, and wait on a condition: tests must drive time")
        .isEmpty();
  }

  @Test
  void nothingIsLeftForLater() throws IOException {
    List<String> found = new ArrayList<>();
    for (Path source : SourceTree.files(tree.root(), "src", ".java")) {
      if (!source.endsWith("HouseRulesTest.java")
          && LEFTOVER.matcher(SourceTree.read(source)).find()) {
        found.add(tree.root().relativize(source).toString());
      }
    }
    assertThat(found).as("finish it, or write an issue").isEmpty();
  }

  @Test
  void noFailureIsSwallowedWithoutAWord() throws IOException {
    List<String> found = new ArrayList<>();
    for (Path source : SourceTree.files(tree.root(), "src/main/java", ".java")) {
      if (CATCH_NOTHING.matcher(SourceTree.read(source)).find()) {
        found.add(tree.root().relativize(source).toString());
      }
    }
    assertThat(found).as("an empty catch block needs a comment that says why").isEmpty();
  }

  /// Collects what is over a ceiling in one file.
  private static final class Ceilings extends TreePathScanner<Void, Void> {
    private final CompilationUnitTree unit;
    private final Set<String> found;

    Ceilings(CompilationUnitTree unit, Set<String> found) {
      this.unit = unit;
      this.found = found;
    }

    @Override
    public Void visitClass(ClassTree type, Void nothing) {
      String name = type.getSimpleName().toString();
      if (BANNED_NAME.matcher(name).matches()) {
        found.add("name " + tree.name(unit) + " " + name);
      }
      if (lines(type) > TYPE_LINES_MAX) {
        found.add("type " + tree.name(unit) + " " + name);
      }
      return super.visitClass(type, nothing);
    }

    @Override
    public Void visitMethod(MethodTree method, Void nothing) {
      String name = tree.name(unit) + " " + method.getName();
      if (lines(method) > METHOD_LINES_MAX) {
        found.add("method " + name);
      }
      boolean constructor = method.getReturnType() == null;
      ClassTree owner = (ClassTree) getCurrentPath().getParentPath().getLeaf();
      if (method.getParameters().size() > PARAMETERS_MAX
          && !(constructor && owner.getKind() == Tree.Kind.RECORD)) {
        found.add("parameters " + name);
      }
      boolean flag =
          method.getParameters().stream()
              .anyMatch(p -> "boolean".equals(String.valueOf(p.getType())));
      // The signature of what is overridden is somebody else's.
      boolean overrides =
          method.getModifiers().getAnnotations().stream()
              .anyMatch(each -> each.getAnnotationType().toString().equals("Override"));
      if (flag
          && !overrides
          && method.getModifiers().getFlags().contains(Modifier.PUBLIC)
          && owner.getKind() != Tree.Kind.RECORD) {
        found.add("boolean " + name);
      }
      return super.visitMethod(method, nothing);
    }

    private long lines(Tree node) {
      LineMap map = unit.getLineMap();
      var positions = tree.trees().getSourcePositions();
      long start = positions.getStartPosition(unit, node);
      long end = positions.getEndPosition(unit, node);
      return start < 0 || end < 0 ? 0 : map.getLineNumber(end) - map.getLineNumber(start) + 1;
    }
  }
}
