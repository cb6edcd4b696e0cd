package io.gridset.cli;

import io.gridset.client.Endpoint;
import io.gridset.client.GridsetClient;
import io.gridset.core.dataset.DatasetName;
import io.gridset.node.NodeConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/// The command `gridset` itself: the options that all commands take.
@Command(
    name = "gridset",
    mixinStandardHelpOptions = true,
    versionProvider = VersionCommand.Provider.class,
    synopsisSubcommandLabel = "COMMAND",
    header = "Datasets in the memory of a machine or a cluster, read through an ordinary mount.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:failed; the reason is on standard error",
      "2:the command line is wrong",
      "3:no such dataset, resource, file or load",
      "4:no node is running",
      "130:interrupted (Ctrl-C)"
    },
    commandListHeading = "%nCommands:%n",
    footerHeading = "%nTo start:%n",
    footer = {
      "  gridset up --detach",
      "  gridset apply -f examples/scenarios/1-model-serving.yaml",
      "  gridset mount serverless-data /mnt/models",
      "",
      "GRIDSET_SOCKET, GRIDSET_SERVER, GRIDSET_TOKEN_FILE, GRIDSET_NAMESPACE and GRIDSET_OUTPUT"
          + " stand for the options of those names."
    })
final class GridsetCommand implements Runnable {
  private final Surroundings surroundings;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it before anything runs
  private CommandSpec spec;

  @Option(
      names = {"-o", "--output"},
      scope = ScopeType.INHERIT,
      paramLabel = "FORMAT",
      description = "table, wide, json, yaml or name.")
  private @Nullable OutputFormat output;

  @Option(
      names = "--socket",
      scope = ScopeType.INHERIT,
      paramLabel = "PATH",
      description = "Unix socket of the node (default: gridset.sock in its run directory).")
  private @Nullable Path socket;

  @Option(
      names = "--server",
      scope = ScopeType.INHERIT,
      paramLabel = "URL",
      description = "Address of a node elsewhere, such as http://host:7600.")
  private @Nullable URI server;

  @Option(
      names = "--token-file",
      scope = ScopeType.INHERIT,
      paramLabel = "FILE",
      description = "File with the token for --server.")
  private @Nullable Path tokenFile;

  GridsetCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "which command?");
  }

  Surroundings surroundings() {
    return surroundings;
  }

  OutputFormat output() {
    if (output != null) {
      return output;
    }
    String given = variable("GRIDSET_OUTPUT").orElse("table");
    for (OutputFormat format : OutputFormat.values()) {
      if (format.toString().equals(given)) {
        return format;
      }
    }
    throw CommandFailure.usage("GRIDSET_OUTPUT: '" + given + "' is no output format");
  }

  /// Where the node's socket is, or would be.
  Path socketPath() {
    return Optional.ofNullable(socket)
        .or(() -> variable("GRIDSET_SOCKET").map(Path::of))
        .orElseGet(
            () ->
                NodeConfig.defaultRunDirectory(surroundings.environment()).resolve("gridset.sock"));
  }

  private Optional<URI> serverAddress() {
    return socket != null
        ? Optional.empty()
        : Optional.ofNullable(server).or(() -> variable("GRIDSET_SERVER").map(URI::create));
  }

  /// The run directory of the node that is spoken to; empty when it is on another machine.
  Optional<Path> localRunDirectory() {
    return serverAddress().isPresent()
        ? Optional.empty()
        : Optional.ofNullable(socketPath().toAbsolutePath().getParent());
  }

  GridsetClient client() throws IOException {
    Optional<URI> address = serverAddress();
    if (address.isEmpty()) {
      return new GridsetClient(new Endpoint.Local(socketPath()));
    }
    Path file =
        Optional.ofNullable(tokenFile)
            .or(() -> variable("GRIDSET_TOKEN_FILE").map(Path::of))
            .orElseThrow(() -> CommandFailure.usage("--server needs --token-file as well"));
    try {
      return new GridsetClient(new Endpoint.Remote(address.get(), Files.readString(file).strip()));
    } catch (NoSuchFileException e) {
      throw new CommandFailure(ExitCode.FAILED, "there is no token file " + e.getFile());
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
  }

  /// The namespace that is meant: the option, the environment, `default`.
  String namespace(@Nullable String option) {
    return Optional.ofNullable(option)
        .or(() -> variable("GRIDSET_NAMESPACE"))
        .orElse(DatasetName.DEFAULT_NAMESPACE);
  }

  /// Reads `name` or `namespace/name`.
  DatasetName dataset(String text, @Nullable String namespace) {
    if (!text.matches("([^/]+/)?[^/]+")) {
      throw CommandFailure.usage(
          "'"
              + text
              + "' names no dataset; write NAME or NAMESPACE/NAME, and :/PATH after it for a path");
    }
    return text.contains("/")
        ? DatasetName.parse(text)
        : new DatasetName(namespace(namespace), text);
  }

  private Optional<String> variable(String name) {
    return Optional.ofNullable(surroundings.environment().get(name)).filter(v -> !v.isEmpty());
  }
}
