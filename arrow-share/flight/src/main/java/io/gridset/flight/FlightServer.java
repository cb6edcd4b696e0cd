package io.gridset.flight;

import io.gridset.core.object.ObjectStore;
import io.gridset.flight.rpc.RpcServer;
import java.io.IOException;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/// The Flight endpoint of a node. Constructed means listening; `close()` ends calls under way.
/// Thread-safe.
public final class FlightServer implements AutoCloseable {
  private final RpcServer server;

  /// @param port 0 for any free one
  /// @param tls empty for plain text
  /// @param access whom it serves
  public record Settings(String host, int port, Optional<SSLContext> tls, Access access) {}

  /// @throws IOException when the port cannot be had
  public FlightServer(Settings settings, ObjectStore store) throws IOException {
    this.server =
        new RpcServer(
            new RpcServer.Address(settings.host(), settings.port()),
            settings.tls(),
            new FlightService(store, settings.access())::handle);
  }

  /// The port that was got.
  public int port() {
    return server.port();
  }

  /// Calls under way.
  public int calls() {
    return server.calls();
  }

  @Override
  public void close() {
    server.close();
  }
}
