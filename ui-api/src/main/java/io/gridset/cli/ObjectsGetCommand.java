package io.gridset.cli;

import io.gridset.client.GridsetClient;
import io.gridset.core.object.ObjectName;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `gridset objects get`.
@Command(
    name = "get",
    description = "Write an object's Arrow IPC file to FILE, or to standard output.",
    footerHeading = "%nExample:%n",
    footer = "  gridset objects get risk/2024/x_train x_train.arrow",
    mixinStandardHelpOptions = true)
final class ObjectsGetCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  @Mixin private ObjectsCommand.Place place = new ObjectsCommand.Place();

  @Parameters(index = "0", paramLabel = "NAME", description = "The object.")
  private String name = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "FILE",
      description = "Where to; replaced whole or not at all. `-` is standard output.")
  private @Nullable Path file;

  ObjectsGetCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException {
    ObjectName source = place.name(gridset, name);
    try (GridsetClient client = gridset.client();
        InputStream content = client.objectContent(source)) {
      if (file == null || file.equals(Path.of("-"))) {
        OutputStream data = gridset.surroundings().data();
        content.transferTo(data);
        data.flush();
      } else {
        replace(file.toAbsolutePath(), content);
      }
    }
    return ExitCode.OK;
  }

  private static void replace(Path target, InputStream content) throws IOException {
    if (Files.isDirectory(target)) {
      throw CommandFailure.failed(target + " is a directory: name a file");
    }
    Path part = Files.createTempFile(target.getParent(), ".gridset-", ".part");
    try {
      Files.copy(content, part, StandardCopyOption.REPLACE_EXISTING);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(part);
    }
  }
}
