package io.gridset.api;

import io.gridset.client.NodeView;
import io.gridset.core.dataset.DatasetHost.Disposal;
import io.gridset.core.placement.Member;
import io.gridset.core.placement.MemberView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// The API over fakes, on a real Unix socket and a real TCP port.
public final class TestNode implements AutoCloseable {
  public static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

  public final FakeControlPlane control = new FakeControlPlane();
  public final FakeDatasetHost host = new FakeDatasetHost();
  public final FakeMounts mounts = new FakeMounts();
  public final FakeGrid grid = new FakeGrid();
  public final FakeObjects objects;
  public final CountDownLatch stopped = new CountDownLatch(1);

  /// What the node was asked to do with cached bytes when it was stopped.
  public volatile Disposal disposal = Disposal.KEEP_BYTES;

  /// Stopping waits for this.
  public volatile CountDownLatch mayStop = new CountDownLatch(0);

  private final Path directory;
  private final ApiServer server;

  public TestNode() throws IOException {
    directory = Files.createTempDirectory("gridset-api");
    objects = new FakeObjects();
    BearerToken token = BearerToken.inFile(tokenFile());
    server =
        new ApiServer(
            new ApiSettings(socket(), Optional.of(new ApiSettings.Tcp("127.0.0.1", 0, token))),
            new ApiPorts(control, host, mounts, grid, objects, facts(), InstantSource.fixed(NOW)));
  }

  private NodeFacts facts() {
    return new NodeFacts() {
      @Override
      public NodeView describe() {
        return new NodeView(
            "1.2.3",
            4242,
            NOW.minusSeconds(121),
            121_000,
            "/state",
            List.of("unix:" + socket()),
            host.cacheUsage(),
            MemberView.of(List.of(new Member("a", 1))),
            new NodeView.Memory(1 << 20, 512 << 20, 64 << 20, 1L << 33),
            objects.figures());
      }

      @Override
      public void stop(Disposal wanted) {
        disposal = wanted;
        try {
          if (mayStop.await(60, TimeUnit.SECONDS)) {
            stopped.countDown();
          }
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    };
  }

  public Path socket() {
    return directory.resolve("gridset.sock");
  }

  public Path tokenFile() {
    return directory.resolve("token");
  }

  public int port() {
    return server.tcpPort().orElseThrow();
  }

  @Override
  public void close() throws IOException {
    server.close();
    objects.close();
    Files.deleteIfExists(tokenFile());
    Files.deleteIfExists(directory);
  }
}
