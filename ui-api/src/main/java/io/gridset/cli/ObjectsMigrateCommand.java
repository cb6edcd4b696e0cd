package io.gridset.cli;

import io.gridset.core.object.ObjectStore.Placing;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `gridset objects migrate`.
@Command(
    name = "migrate",
    description = {
      "Move objects to a node: when it holds them, the others let theirs go, as far as each object's"
          + " replicas are left.",
      "Programs that have them mapped keep them. What was put with --persist stays on its disks."
    },
    footerHeading = "%nExample:%n",
    footer = "  gridset objects migrate risk/2024/x_train --to n2",
    mixinStandardHelpOptions = true)
final class ObjectsMigrateCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  @Mixin private ObjectsCommand.Place place = new ObjectsCommand.Place();

  @Parameters(arity = "1..*", paramLabel = "NAME", description = "The objects.")
  private List<String> names = new ArrayList<>();

  @Option(
      names = "--to",
      required = true,
      paramLabel = "NODE",
      description = "Name or id of a node of the grid.")
  private String node = "";

  ObjectsMigrateCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException {
    return ObjectsFetchCommand.place(
        gridset, place, names, new ObjectsFetchCommand.Target(node, Placing.MOVE));
  }
}
