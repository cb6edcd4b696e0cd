package io.gridset.cli;

import io.gridset.client.GridsetClient;
import io.gridset.client.MountView;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/// `gridset mounts`.
@Command(
    name = "mounts",
    description = "Print the mounts of the node.",
    mixinStandardHelpOptions = true)
final class MountsCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  MountsCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException {
    PrintWriter out = gridset.surroundings().out();
    try (GridsetClient client = gridset.client()) {
      List<MountView> mounts = client.mounts();
      switch (gridset.output()) {
        case JSON, YAML -> out.print(Documents.text(gridset.output(), mounts));
        case NAME -> mounts.forEach(mount -> out.println(mount.mountPoint()));
        case TABLE, WIDE -> {
          Table table = Table.of("MOUNTED", "MOUNT POINT", "TRANSPORT", "PASSTHROUGH", "STATE");
          for (MountView mount : mounts) {
            table.row(
                mount.what(),
                mount.mountPoint(),
                mount.transport(),
                mount.passthrough(),
                mount.state());
          }
          if (table.isEmpty()) {
            gridset.surroundings().err().println("Nothing is mounted.");
          } else {
            table.print(out);
          }
        }
      }
      out.flush();
    }
    return ExitCode.OK;
  }
}
