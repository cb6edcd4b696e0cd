package io.gridset.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `gridset completion`.
@Command(
    name = "completion",
    description = "Print a completion script for a shell.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  source <(gridset completion bash)",
      "  gridset completion zsh > ~/.gridset-completion && source ~/.gridset-completion"
    },
    mixinStandardHelpOptions = true)
final class CompletionCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  @Parameters(index = "0", paramLabel = "SHELL", description = "bash or zsh.")
  private Shell shell = Shell.BASH;

  CompletionCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  /// Shells that are understood.
  enum Shell {
    BASH,
    /// Through `bashcompinit`, which the script loads itself when zsh reads it.
    ZSH
  }

  @Override
  public Integer call() {
    Surroundings surroundings = gridset.surroundings();
    surroundings.out().print(AutoComplete.bash("gridset", GridsetMain.commandLine(surroundings)));
    surroundings.out().flush();
    return switch (shell) {
      case BASH, ZSH -> ExitCode.OK;
    };
  }
}
