package io.gridset.cli;

import io.gridset.client.Endpoint;
import io.gridset.client.GridsetApiException;
import io.gridset.client.GridsetClient;
import io.gridset.client.MountRequest;
import io.gridset.core.dataset.DatasetName;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// What `gridset up --mount` asks for: datasets that are mounted as soon as they run, by the API
/// that everybody uses. Says once what it waits for, and again when that changes.
record StartupMounts(Surroundings surroundings, Path socket, List<MountRequest.OfDataset> wanted) {
  private static final Duration BETWEEN_TRIES = Duration.ofMillis(250);

  StartupMounts {
    wanted = List.copyOf(wanted);
  }

  /// Reads `DATASET=PATH`.
  static StartupMounts of(GridsetCommand gridset, Path socket, List<String> texts) {
    List<MountRequest.OfDataset> wanted = new ArrayList<>();
    for (String text : texts) {
      int sign = text.indexOf('=');
      if (sign < 1 || sign == text.length() - 1) {
        throw CommandFailure.usage(
            "--mount: '" + text + "' is not DATASET=PATH, like default/models=/mnt/models");
      }
      DatasetName dataset = gridset.dataset(text.substring(0, sign), null);
      Path place = Path.of(text.substring(sign + 1)).toAbsolutePath().normalize();
      wanted.add(
          new MountRequest.OfDataset(
              dataset,
              place.toString(),
              MountRequest.Transport.AUTO,
              MountRequest.Passthrough.WHERE_POSSIBLE));
    }
    return new StartupMounts(gridset.surroundings(), socket, wanted);
  }

  /// Begins; each mount has a thread of its own, which ends with it or with the process.
  void start() {
    for (MountRequest.OfDataset request : wanted) {
      Thread.ofVirtual()
          .name("mount-" + request.dataset())
          .start(
              () -> {
                try {
                  await(request);
                } catch (InterruptedException _) {
                  Thread.currentThread().interrupt();
                }
              });
    }
  }

  /// Returns when it is mounted.
  void await(MountRequest.OfDataset request) throws InterruptedException {
    String said = "";
    while (true) {
      try {
        mount(request);
        say(request.dataset() + " mounted on " + request.mountPoint());
        return;
      } catch (IOException e) {
        String reason = String.valueOf(e.getMessage());
        if (!reason.equals(said)) {
          say(request.dataset() + " is not mounted yet: " + reason);
          said = reason;
        }
      }
      surroundings.pause().between(BETWEEN_TRIES);
    }
  }

  private void mount(MountRequest.OfDataset request) throws IOException {
    try {
      Files.createDirectories(Path.of(request.mountPoint()));
    } catch (FileAlreadyExistsException _) {
      // Perhaps a dead mount, which mounting removes; anything else it refuses with the reason.
    }
    try (GridsetClient client = new GridsetClient(new Endpoint.Local(socket))) {
      boolean isThere =
          client.mounts().stream()
              .anyMatch(
                  mount ->
                      mount.mountPoint().equals(request.mountPoint())
                          && mount.state().equals("mounted"));
      if (!isThere) {
        client.mount(request);
      }
    } catch (GridsetApiException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private void say(String line) {
    surroundings.out().println(line);
    surroundings.out().flush();
  }
}
