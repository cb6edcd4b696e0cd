package io.gridset.cli;

import io.gridset.node.BuildVersion;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/// `gridset version`.
@Command(
    name = "version",
    description = "Print the version of this program and of its Java.",
    mixinStandardHelpOptions = true)
final class VersionCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  VersionCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  /// For `--version`.
  static final class Provider implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {text()};
    }
  }

  private static String text() {
    return "gridset " + BuildVersion.current() + ", Java " + Runtime.version();
  }

  @Override
  public Integer call() {
    OutputFormat format = gridset.output();
    if (format == OutputFormat.JSON || format == OutputFormat.YAML) {
      Map<String, String> versions = new LinkedHashMap<>();
      versions.put("version", BuildVersion.current());
      versions.put("java", Runtime.version().toString());
      gridset.surroundings().out().print(Documents.text(format, versions));
      gridset.surroundings().out().flush();
    } else {
      gridset.surroundings().out().println(text());
    }
    return ExitCode.OK;
  }
}
