package io.gridset.cli;

import io.gridset.client.AffinityView;
import io.gridset.client.GridsetClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `gridset run`. The product has no remote shell: nodes offer nothing that starts commands, and
/// whoever wants one there names a launcher of their own.
@Command(
    name = "run",
    description = {
      "Run a command where the bytes of datasets or objects are: here when this node holds most of them (or nearly),"
          + " else on the node that does, by the launcher that --via names.",
      "The exit code is the command's."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  gridset run --near serverless-data -- python serve.py",
      "  gridset run --near spark --via 'ssh {node}' -- spark-submit job.py",
      "  gridset run --near risk/x_train --near risk/y_train -- python3 fit.py",
      "  gridset run --near spark --dry-run -- true"
    },
    mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  @Option(
      names = "--near",
      required = true,
      paramLabel = "NAME",
      description =
          "A dataset, NAME or NAMESPACE/NAME; or an object, NAME or NAMESPACE:NAME. May be given"
              + " several times: near all of them together.")
  private List<String> names = new ArrayList<>();

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NS",
      description = "Namespace (default: default).")
  private @Nullable String namespace;

  @Option(
      names = "--via",
      paramLabel = "LAUNCHER",
      description =
          "What starts a command on another node; {node} stands for its name, and the command's words"
              + " follow (default: GRIDSET_RUN_VIA).")
  private @Nullable String via;

  @Option(names = "--dry-run", description = "Print where it would run, and what.")
  private boolean dryRun;

  @Parameters(arity = "1..*", paramLabel = "COMMAND", description = "The command and its words.")
  private List<String> command = new ArrayList<>();

  RunCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Surroundings surroundings = gridset.surroundings();
    AffinityView affinity;
    try (GridsetClient client = gridset.client()) {
      affinity = NearData.affinity(client, gridset, names, namespace);
    }
    Optional<String> here = gridset.localRunDirectory().map(_ -> affinity.here());
    Optional<String> launcher =
        Optional.ofNullable(via)
            .or(() -> Optional.ofNullable(surroundings.environment().get("GRIDSET_RUN_VIA")))
            .filter(text -> !text.isBlank());
    RunPlan plan = RunPlan.of(affinity, here, launcher, command);
    if (dryRun) {
      surroundings.out().println(plan.node() + ": " + plan.line());
      return ExitCode.OK;
    }
    surroundings.out().flush();
    return start(plan);
  }

  private static int start(RunPlan plan) throws IOException, InterruptedException {
    Process process;
    try {
      process = new ProcessBuilder(plan.words()).inheritIO().start();
    } catch (IOException e) {
      throw CommandFailure.failed(
          "cannot start " + plan.words().getFirst() + ": " + e.getMessage());
    }
    Thread ending = Thread.ofPlatform().name("end-command").unstarted(process::destroy);
    Runtime.getRuntime().addShutdownHook(ending);
    int exitCode = process.waitFor();
    try {
      Runtime.getRuntime().removeShutdownHook(ending);
    } catch (IllegalStateException _) {
      // This process is ending too.
    }
    return exitCode;
  }
}
