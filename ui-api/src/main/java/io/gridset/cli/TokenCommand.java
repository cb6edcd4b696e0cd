package io.gridset.cli;

import io.gridset.client.trust.ClusterToken;
import io.gridset.client.trust.ReaderClaims;
import io.gridset.core.store.StorageException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `gridset token`.
@Command(
    name = "token",
    description = "Make tokens with which nodes read from a grid.",
    mixinStandardHelpOptions = true)
final class TokenCommand implements Runnable {
  private static final Pattern TIME = Pattern.compile("([0-9]{1,6})([smhd])");

  /// A leaked token is good for no longer than this.
  private static final Duration LONGEST = Duration.ofDays(366);

  @Spec private @Nullable CommandSpec spec;

  /// With its own commands.
  static CommandLine line(GridsetCommand gridset) {
    return new CommandLine(new TokenCommand()).addSubcommand("create", new Create(gridset));
  }

  @Override
  public void run() {
    throw new ParameterException(
        Objects.requireNonNull(spec).commandLine(), "which command? There is create");
  }

  /// Which datasets; one of the two.
  static final class Scope {
    @Option(
        names = "--dataset",
        paramLabel = "NAME",
        description =
            "A dataset that may be read, NAME or NAMESPACE/NAME; give it as often as needed.")
    private List<String> datasets = List.of();

    @Option(names = "--all", description = "All datasets, those to come included.")
    private boolean all;
  }

  /// What is printed with -o json.
  ///
  /// @param datasets names as `namespace/name`, or `*`
  record Created(String token, List<String> datasets, Instant expires) {}

  /// `gridset token create`.
  @Command(
      name = "create",
      description = {
        "Print a token for a node that only reads: `gridset up --reader-of MEMBER --cluster-token-file"
            + " FILE` with the token in FILE.",
        "",
        "It is derived from the secret that the members share: no node is asked, every member accepts"
            + " it, and none has to be told. Who has it may list and read the datasets that it names,"
            + " until it expires; it opens no other dataset, no change, and no credentials of stores.",
        "A token cannot be taken back before it expires, except by a new secret on all members: rather"
            + " make short ones often. Keep it like a password. The name of a dataset that refers to"
            + " another (dataset://) is enough: it opens what that one shows, for as long as it is granted."
      },
      footerHeading = "%nExamples:%n",
      footer = {
        "  gridset token create --cluster-token-file /etc/gridset/token --dataset ml/models > reader",
        "  gridset token create --cluster-token-file /etc/gridset/token --all --ttl 30d -o json"
      },
      mixinStandardHelpOptions = true)
  static final class Create implements Callable<Integer> {
    private final GridsetCommand gridset;

    @Option(
        names = "--cluster-token-file",
        paramLabel = "FILE",
        required = true,
        description = "The secret that the members share, as given to `gridset up`.")
    private Path clusterTokenFile = Path.of("");

    @ArgGroup(multiplicity = "1")
    private Scope scope = new Scope();

    @Option(
        names = "--ttl",
        paramLabel = "TIME",
        defaultValue = "24h",
        description = "How long it is good, like 90s, 30m, 24h or 30d (default: ${DEFAULT-VALUE}).")
    private String timeToLive = "";

    Create(GridsetCommand gridset) {
      this.gridset = gridset;
    }

    @Override
    public Integer call() throws StorageException {
      List<String> datasets =
          scope.all
              ? List.of(ReaderClaims.ALL)
              : scope.datasets.stream()
                  .map(name -> gridset.dataset(name, null).toString())
                  .distinct()
                  .toList();
      Instant expires =
          gridset
              .surroundings()
              .clock()
              .instant()
              .plus(time(timeToLive))
              .truncatedTo(ChronoUnit.SECONDS);
      ClusterToken secret = ClusterToken.read(clusterTokenFile);
      Created made =
          new Created(
              secret.readerToken(ReaderClaims.toRead(datasets, expires)), datasets, expires);
      PrintWriter out = gridset.surroundings().out();
      switch (gridset.output()) {
        case JSON, YAML -> out.print(Documents.text(gridset.output(), made));
        case TABLE, WIDE, NAME -> out.println(made.token);
      }
      out.flush();
      return ExitCode.OK;
    }

    private static Duration time(String text) {
      Matcher parts = TIME.matcher(text);
      if (!parts.matches()) {
        throw CommandFailure.usage("--ttl: '" + text + "' is no time; write it like 30m or 24h");
      }
      long amount = Long.parseLong(parts.group(1));
      Duration time =
          switch (parts.group(2)) {
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
          };
      if (time.isZero() || time.compareTo(LONGEST) > 0) {
        throw CommandFailure.usage("--ttl: must be between 1s and " + LONGEST.toDays() + "d");
      }
      return time;
    }
  }
}
