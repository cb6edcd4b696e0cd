package io.gridset.cli;

import io.gridset.client.GridsetClient;
import io.gridset.client.ObjectView;
import io.gridset.core.object.ObjectStore.Placing;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `gridset objects fetch`.
@Command(
    name = "fetch",
    description = "Bring objects to this node, or to another one, beside those that hold them.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  gridset objects fetch risk/2024/x_train risk/2024/y_train",
      "  gridset objects fetch risk/2024/x_train --to n2"
    },
    mixinStandardHelpOptions = true)
final class ObjectsFetchCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  @Mixin private ObjectsCommand.Place place = new ObjectsCommand.Place();

  @Parameters(arity = "1..*", paramLabel = "NAME", description = "The objects.")
  private List<String> names = new ArrayList<>();

  @Option(
      names = "--to",
      paramLabel = "NODE",
      description = "Name or id of a node (default: this).")
  private String node = "";

  ObjectsFetchCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException {
    return place(gridset, place, names, new Target(node, Placing.COPY));
  }

  /// Where objects go, and whether they stay where they were.
  record Target(String node, Placing placing) {}

  /// Places objects one after the other and says who holds them then.
  static int place(
      GridsetCommand gridset, ObjectsCommand.Place place, List<String> names, Target target)
      throws IOException {
    try (GridsetClient client = gridset.client()) {
      for (String name : names) {
        ObjectView object =
            client.placeObject(place.name(gridset, name), target.node(), target.placing());
        String holders = ObjectsLsCommand.holders(object, ObjectsLsCommand.nodeNames(client));
        gridset
            .surroundings()
            .out()
            .println("object \"" + object.name() + "\" is held by " + holders);
      }
    }
    return ExitCode.OK;
  }
}
