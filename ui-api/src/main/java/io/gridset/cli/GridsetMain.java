package io.gridset.cli;

import io.gridset.client.GridsetApiException;
import io.gridset.client.NoNodeException;
import io.gridset.node.NodeParts;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// The program: command line in, exit code out.
public final class GridsetMain {
  private GridsetMain() {}

  /// Runs one command and ends the process.
  public static void main(String[] arguments) {
    OutputStream data = new FileOutputStream(FileDescriptor.out);
    PrintWriter out = Surroundings.writer(data);
    PrintWriter err = Surroundings.writer(new FileOutputStream(FileDescriptor.err));
    Surroundings surroundings =
        new Surroundings(
            data,
            out,
            err,
            System.in,
            System.getenv(),
            InstantSource.system(),
            GridsetMain::pause,
            screen(),
            NodeParts::open);
    int exitCode = run(surroundings, arguments);
    out.flush();
    err.flush();
    System.exit(exitCode);
  }

  private static void pause(Duration looks) throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(looks.toMillis());
  }

  /// The launcher tells the width of the terminal, and tells nothing when there is none.
  private static Surroundings.Screen screen() {
    String columns = System.getenv("GRIDSET_COLUMNS");
    return new Surroundings.Screen(
        columns != null && columns.matches("[0-9]{1,4}") ? Integer.parseInt(columns) : 0);
  }

  /// Runs one command and returns its exit code.
  static int run(Surroundings surroundings, String... arguments) {
    return commandLine(surroundings, arguments).execute(arguments);
  }

  static CommandLine commandLine(Surroundings surroundings, String... words) {
    GridsetCommand gridset = new GridsetCommand(surroundings);
    CommandLine line = new CommandLine(gridset);
    commands(List.of(words))
        .forEach((name, command) -> line.addSubcommand(name, command.apply(gridset)));
    line.getSubcommands()
        .values()
        .forEach(sub -> sub.getCommandSpec().versionProvider(new VersionCommand.Provider()));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setOut(surroundings.out());
    line.setErr(surroundings.err());
    line.setParameterExceptionHandler((e, arguments) -> usage(e, surroundings.err()));
    line.setExecutionExceptionHandler((e, command, result) -> failure(e, surroundings.err()));
    return line;
  }

  /// The commands whose names are among the words, or all: each costs milliseconds of reflection.
  private static Map<String, Function<GridsetCommand, Object>> commands(List<String> words) {
    Map<String, Function<GridsetCommand, Object>> all = new LinkedHashMap<>();
    all.put("up", UpCommand::new);
    all.put("down", DownCommand::new);
    all.put("apply", ApplyCommand::new);
    all.put("get", GetCommand::new);
    all.put("describe", DescribeCommand::new);
    all.put("delete", DeleteCommand::new);
    all.put("mount", MountCommand::new);
    all.put("umount", UmountCommand::new);
    all.put("mounts", MountsCommand::new);
    all.put("load", LoadCommand::new);
    all.put("ls", LsCommand::new);
    all.put("stat", StatCommand::new);
    all.put("cat", CatCommand::new);
    all.put("sync", SyncCommand::new);
    all.put("evict", EvictCommand::new);
    all.put("objects", ObjectsCommand::line);
    all.put("stats", StatsCommand::new);
    all.put("affinity", AffinityCommand::new);
    all.put("run", RunCommand::new);
    all.put("drain", DrainCommand::new);
    all.put("nodes", NodesCommand::new);
    all.put("token", TokenCommand::line);
    all.put("operator", OperatorCommand::new);
    all.put("webhook", WebhookCommand::new);
    all.put("csi", CsiCommand::new);
    all.put("doctor", DoctorCommand::new);
    all.put("demo", DemoCommand::new);
    all.put("completion", CompletionCommand::new);
    all.put("version", VersionCommand::new);
    all.put("warm-up", WarmUpCommand::new);
    Map<String, Function<GridsetCommand, Object>> named = new LinkedHashMap<>(all);
    named.keySet().retainAll(words);
    return named.isEmpty() ? all : named;
  }

  private static int usage(ParameterException e, PrintWriter err) {
    err.println("gridset: " + e.getMessage());
    if (!UnmatchedArgumentException.printSuggestions(e, err)) {
      err.println("Try `" + e.getCommandLine().getCommandSpec().qualifiedName() + " --help`.");
    }
    return ExitCode.USAGE;
  }

  private static int failure(Exception e, PrintWriter err) {
    err.println("gridset: " + message(e));
    return switch (e) {
      case CommandFailure failure -> failure.exitCode();
      case NoNodeException _ -> ExitCode.NO_NODE;
      case GridsetApiException refused when refused.status() == 404 -> ExitCode.NOT_FOUND;
      case InterruptedException _ -> ExitCode.INTERRUPTED;
      case InterruptedIOException interrupted
          when !(interrupted instanceof java.net.SocketTimeoutException) ->
          ExitCode.INTERRUPTED;
      default -> ExitCode.FAILED;
    };
  }

  private static String message(Exception e) {
    return switch (e) {
      case java.nio.file.NoSuchFileException missing -> "there is no file " + missing.getFile();
      case FileSystemException file -> file.getFile() + ": " + file.getReason();
      case IOException io -> String.valueOf(io.getMessage());
      case CommandFailure failure -> String.valueOf(failure.getMessage());
      case IllegalArgumentException argument -> String.valueOf(argument.getMessage());
      default -> e.toString();
    };
  }
}
