package io.gridset.cli;

import io.gridset.client.GridsetApiException;
import io.gridset.client.GridsetClient;
import io.gridset.core.object.ObjectName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `gridset objects delete`.
@Command(
    name = "delete",
    description = "Delete objects; programs that have their bytes mapped keep them.",
    footerHeading = "%nExample:%n",
    footer = "  gridset objects delete risk/2024/x_train risk/2024/y_train",
    mixinStandardHelpOptions = true)
final class ObjectsDeleteCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  @Mixin private ObjectsCommand.Place place = new ObjectsCommand.Place();

  @Parameters(arity = "1..*", paramLabel = "NAME", description = "The objects.")
  private List<String> names = new ArrayList<>();

  @Option(names = "--ignore-not-found", description = "What is not there counts as deleted.")
  private boolean ignoreNotFound;

  ObjectsDeleteCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException {
    List<ObjectName> objects = names.stream().map(name -> place.name(gridset, name)).toList();
    int exitCode = ExitCode.OK;
    try (GridsetClient client = gridset.client()) {
      for (ObjectName object : objects) {
        try {
          client.deleteObject(object);
          gridset.surroundings().out().println("object \"" + object.path() + "\" deleted");
        } catch (GridsetApiException e) {
          if (e.status() != 404) {
            throw e;
          }
          if (!ignoreNotFound) {
            gridset.surroundings().err().println("gridset: " + e.getMessage());
            exitCode = ExitCode.NOT_FOUND;
          }
        }
      }
    }
    return exitCode;
  }
}
