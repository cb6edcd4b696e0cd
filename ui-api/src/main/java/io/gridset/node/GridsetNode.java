package io.gridset.node;

import io.gridset.api.ApiPorts;
import io.gridset.api.ApiServer;
import io.gridset.api.ApiSettings;
import io.gridset.api.BearerToken;
import io.gridset.core.dataset.DatasetHost.Disposal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

/// A running node: the composition root. Constructed means serving; `close()` ends everything in
/// reverse order, is idempotent, and leaves remembered mounts for the next start, and cached bytes
/// unless whoever asked it to stop wanted them dropped.
public final class GridsetNode implements AutoCloseable {
  private final RunDirectory runDirectory;
  private final NodeParts parts;
  private final ApiServer api;
  private final CountDownLatch stopAsked = new CountDownLatch(1);
  private boolean closed;

  private GridsetNode(NodeSettings settings, NodeParts.Factory factory, InstantSource clock)
      throws IOException {
    this.runDirectory = RunDirectory.take(settings.runDirectory());
    NodeParts opened = null;
    try {
      Files.createDirectories(settings.stateDirectory());
      opened = factory.open(settings);
      ProcessFacts facts =
          new ProcessFacts(settings, opened, clock, this::listening, this::askToStop);
      this.parts = opened;
      this.api =
          new ApiServer(
              apiSettings(settings),
              new ApiPorts(
                  opened.control(),
                  opened.host(),
                  opened.mounts(),
                  opened.grid(),
                  opened.objects(),
                  facts,
                  clock));
      opened.serving(listening());
    } catch (IOException | RuntimeException e) {
      try (runDirectory) {
        if (opened != null) {
          opened.close();
        }
      }
      throw e;
    }
  }

  /// Starts a node.
  ///
  /// @throws IOException when another node holds the run directory, or a part cannot start
  public static GridsetNode start(
      NodeSettings settings, NodeParts.Factory factory, InstantSource clock) throws IOException {
    return new GridsetNode(settings, factory, clock);
  }

  /// Whether a node holds this run directory, be it one that no longer answers and is still ending.
  public static boolean holds(Path runDirectory) throws IOException {
    return RunDirectory.isHeld(runDirectory);
  }

  private static ApiSettings apiSettings(NodeSettings settings) throws IOException {
    Optional<ApiSettings.Tcp> tcp = Optional.empty();
    if (settings.listen().isPresent()) {
      NodeSettings.ListenAddress address = settings.listen().get();
      BearerToken token = BearerToken.inFile(settings.tokenFile());
      tcp = Optional.of(new ApiSettings.Tcp(address.host(), address.port(), token));
    }
    return new ApiSettings(settings.socket(), tcp);
  }

  private void askToStop(Disposal disposal) {
    parts.disposeAtClose(disposal);
    stopAsked.countDown();
  }

  /// Where its API listens, and what serves its objects besides.
  public List<String> listening() {
    return Stream.concat(api.listening().stream(), parts.objects().listening().stream()).toList();
  }

  /// Waits until the API is asked to stop the node.
  public void awaitStop() throws InterruptedException {
    stopAsked.await();
  }

  @Override
  public synchronized void close() throws IOException {
    if (!closed) {
      closed = true;
      try (runDirectory;
          parts;
          api) {
        stopAsked.countDown();
      }
    }
  }
}
