package io.gridset.cli;

import io.gridset.client.GridsetClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `gridset umount`.
@Command(
    name = "umount",
    aliases = "unmount",
    description =
        "Unmount, and forget the mount. What programs have open there stays readable as far as it"
            + " is cached whole; other reads of theirs fail.",
    mixinStandardHelpOptions = true)
final class UmountCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  @Parameters(index = "0", paramLabel = "PATH", description = "The mount point.")
  private Path path = Path.of("");

  UmountCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException {
    String mountPoint = path.toAbsolutePath().normalize().toString();
    try (GridsetClient client = gridset.client()) {
      client.unmount(mountPoint);
    }
    gridset.surroundings().out().println(mountPoint + " unmounted");
    return ExitCode.OK;
  }
}
