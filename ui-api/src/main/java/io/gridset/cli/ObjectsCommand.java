package io.gridset.cli;

import io.gridset.core.object.ObjectName;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `gridset objects`.
@Command(
    name = "objects",
    description = {
      "Arrow objects: tables that one program puts and others map.",
      "Programs put and get them through the client libraries; these commands are for people and"
          + " scripts. An object's bytes are an Arrow IPC file."
    },
    mixinStandardHelpOptions = true)
final class ObjectsCommand implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  /// With its own commands.
  static CommandLine line(GridsetCommand gridset) {
    return new CommandLine(new ObjectsCommand())
        .addSubcommand("ls", new ObjectsLsCommand(gridset))
        .addSubcommand("describe", new ObjectsDescribeCommand(gridset))
        .addSubcommand("put", new ObjectsPutCommand(gridset))
        .addSubcommand("get", new ObjectsGetCommand(gridset))
        .addSubcommand("fetch", new ObjectsFetchCommand(gridset))
        .addSubcommand("migrate", new ObjectsMigrateCommand(gridset))
        .addSubcommand("materialise", new ObjectsMaterialiseCommand(gridset))
        .addSubcommand("delete", new ObjectsDeleteCommand(gridset));
  }

  @Override
  public void run() {
    throw new ParameterException(
        Objects.requireNonNull(spec).commandLine(),
        "which command? There are ls, describe, put, get, fetch, migrate, materialise and delete");
  }

  /// Reads `NAME` or, as names are printed, `NAMESPACE:NAME`.
  static ObjectName name(GridsetCommand gridset, String text, @Nullable String namespace) {
    try {
      return ObjectName.parse(text, gridset.namespace(namespace));
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
  }

  /// The namespace that is meant.
  static final class Place {
    @Option(
        names = {"-n", "--namespace"},
        paramLabel = "NS",
        description = "Namespace (default: default).")
    private @Nullable String namespace;

    String namespace(GridsetCommand gridset) {
      return gridset.namespace(namespace);
    }

    /// Reads `NAME` or, as names are printed, `NAMESPACE:NAME`.
    ObjectName name(GridsetCommand gridset, String text) {
      return ObjectsCommand.name(gridset, text, namespace);
    }
  }
}
