package io.gridset.node;

import io.gridset.api.BearerToken;
import io.gridset.client.HostPort;
import io.gridset.client.trust.PeerTls;
import io.gridset.core.object.ObjectStore;
import io.gridset.flight.FlightServer;
import java.io.IOException;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLContext;

/// The Flight endpoint of this node, whose start takes a while that other parts use.
final class NodeFlight implements AutoCloseable {
  private final CompletableFuture<FlightServer> server = new CompletableFuture<>();

  private final ObjectSettings.Flight settings;

  private NodeFlight(ObjectSettings.Flight settings) {
    this.settings = settings;
  }

  /// Begins to listen, on a thread of its own.
  static NodeFlight start(ObjectSettings.Flight settings, BearerToken token, ObjectStore store) {
    NodeFlight flight = new NodeFlight(settings);
    Thread.ofPlatform().daemon().name("flight-start").start(() -> flight.listen(token, store));
    return flight;
  }

  private void listen(BearerToken token, ObjectStore store) {
    try {
      PeerTls tls = PeerTrust.tls(settings.tls().orElse(null));
      Optional<SSLContext> context = Optional.ofNullable(tls).map(PeerTls::context);
      NodeSettings.ListenAddress address = settings.listen();
      server.complete(
          new FlightServer(
              new FlightServer.Settings(address.host(), address.port(), context, token::is),
              store));
    } catch (IOException | RuntimeException | Error e) {
      server.completeExceptionally(e);
    }
  }

  /// Returns when it listens.
  ///
  /// @throws IOException when it cannot
  void awaitListening() throws IOException {
    try {
      server.join();
    } catch (CompletionException e) {
      Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
      throw new IOException("flight-listen: " + cause.getMessage(), e);
    }
  }

  /// Where it listens, as clients are told it; once it does.
  String location() {
    HostPort address = new HostPort(settings.listen().host(), server.join().port());
    return (settings.tls().isPresent() ? "grpc+tls://" : "grpc+tcp://") + address;
  }

  @Override
  public void close() {
    var _ = server.thenAccept(FlightServer::close);
  }
}
