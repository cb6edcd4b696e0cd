package io.gridset.flight.rpc;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.api.server.ServerSessionListener;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.http2.server.RawHTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.WindowRateControl;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Promise;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Serves calls on a TCP port. Constructed means listening; `close()` ends all connections.
/// Thread-safe.
public final class RpcServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RpcServer.class);

  /// Calls under way at a time; each may hold a mapping or staged memory.
  private static final int CALLS_MAX = 256;

  /// What a client may send ahead of what is read here, for each call and each connection.
  private static final int STREAM_WINDOW_BYTES = 2 << 20;

  private static final int SESSION_WINDOW_BYTES = 8 << 20;

  /// Bytes that are gathered for one call to the system.
  private static final int WRITE_BYTES = 512 << 10;

  private static final int READ_BYTES = 64 << 10;

  /// A client that is silent for so long while it is its turn has died without saying so.
  private static final Duration IDLE = Duration.ofMinutes(10);

  /// Pings, resets and the like in a second, beyond which a client is taken for an attacker.
  /// Clients measure the link by pings.
  private static final int CONTROL_FRAMES_MAX = 2000;

  /// Jetty counts over the life of a connection, and ends it after 64: too few for clients that
  /// change their settings with what they measure. How fast they come is limited above.
  private static final int SETTINGS_MAX = Integer.MAX_VALUE;

  private static final int THREADS_MAX = 64;

  private final Server server;
  private final ServerConnector connector;
  private final RpcHandler handler;
  private final Semaphore calls = new Semaphore(CALLS_MAX);

  /// @param port 0 for any free one
  public record Address(String host, int port) {}

  /// @param tls empty for plain text
  /// @throws IOException when the port cannot be had
  public RpcServer(Address address, Optional<SSLContext> tls, RpcHandler handler)
      throws IOException {
    this.handler = handler;
    QueuedThreadPool threads = new QueuedThreadPool(THREADS_MAX, 2);
    threads.setName("flight");
    threads.setDaemon(true);
    this.server = new Server(threads);
    HttpConfiguration http = new HttpConfiguration();
    http.setOutputBufferSize(WRITE_BYTES);
    http.setInputBufferSize(READ_BYTES);
    RawHTTP2ServerConnectionFactory http2 =
        new RawHTTP2ServerConnectionFactory(http, new Streams());
    http2.setInitialStreamRecvWindow(STREAM_WINDOW_BYTES);
    http2.setInitialSessionRecvWindow(SESSION_WINDOW_BYTES);
    http2.setMaxConcurrentStreams(CALLS_MAX);
    http2.setUseInputDirectByteBuffers(true);
    http2.setUseOutputDirectByteBuffers(true);
    http2.setRateControlFactory(new WindowRateControl.Factory(CONTROL_FRAMES_MAX));
    http2.setMaxSettingsKeys(SETTINGS_MAX);
    http2.setFlowControlStrategyFactory(AcknowledgedFlowControl::new);
    http2.addEventListener(new AcknowledgedFlowControl.Listener());
    this.connector =
        new ServerConnector(
            server, null, null, null, 1, -1, tls.map(t -> secured(t, http2)).orElse(plain(http2)));
    connector.setHost(address.host());
    connector.setPort(address.port());
    connector.setIdleTimeout(IDLE.toMillis());
    connector.setShutdownIdleTimeout(0);
    server.addConnector(connector);
    server.setStopTimeout(0);
    try {
      server.start();
    } catch (Exception e) {
      close();
      throw new IOException(
          "cannot listen on " + address.host() + ":" + address.port() + ": " + e.getMessage(), e);
    }
  }

  private static ConnectionFactory[] plain(RawHTTP2ServerConnectionFactory http2) {
    return new ConnectionFactory[] {http2};
  }

  private static ConnectionFactory[] secured(
      SSLContext context, RawHTTP2ServerConnectionFactory http2) {
    SslContextFactory.Server factory = new SslContextFactory.Server();
    factory.setSslContext(context);
    factory.setIncludeProtocols("TLSv1.3");
    ALPNServerConnectionFactory negotiation = new ALPNServerConnectionFactory("h2");
    negotiation.setDefaultProtocol("h2");
    return new ConnectionFactory[] {
      new SslConnectionFactory(factory, negotiation.getProtocol()), negotiation, http2
    };
  }

  /// The port that was got.
  public int port() {
    return connector.getLocalPort();
  }

  /// Calls under way.
  public int calls() {
    return CALLS_MAX - calls.availablePermits();
  }

  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException("the server does not end", e);
    }
  }

  private final class Streams implements ServerSessionListener {
    @Override
    public Stream.Listener onNewStream(Stream stream, HeadersFrame frame) {
      RequestBytes bytes = new RequestBytes(stream);
      StreamCall call = new StreamCall(stream, (MetaData.Request) frame.getMetaData(), bytes);
      Thread.ofVirtual()
          .name("flight-" + call.method().substring(call.method().lastIndexOf('/') + 1))
          .start(() -> run(call));
      return new Signals(bytes);
    }

    @Override
    public void onFailure(Session session, Throwable failure, Callback callback) {
      LOG.debug("A connection failed", failure);
      callback.succeeded();
    }
  }

  private void run(StreamCall call) {
    if (!calls.tryAcquire()) {
      call.end(RpcCode.UNAVAILABLE, CALLS_MAX + " calls are under way: try again");
      return;
    }
    RpcCode code = RpcCode.OK;
    String message = "";
    try {
      handler.handle(call);
    } catch (RpcException e) {
      code = e.code();
      message = String.valueOf(e.getMessage());
    } catch (Throwable e) {
      LOG.error("A call of {} failed for a reason that no one foresaw", call.method(), e);
      code = RpcCode.INTERNAL;
      message = e + "; the node's log says more";
    } finally {
      calls.release();
    }
    call.end(code, message);
  }

  private record Signals(RequestBytes bytes) implements Stream.Listener {
    @Override
    public void onDataAvailable(Stream stream) {
      bytes.arrived();
    }

    @Override
    public void onHeaders(Stream stream, HeadersFrame frame) {
      bytes.arrived(); // Trailers, which no client of gRPC sends.
    }

    @Override
    public void onReset(Stream stream, ResetFrame frame, Callback callback) {
      bytes.ended("the client gave the call up");
      callback.succeeded();
    }

    @Override
    public void onIdleTimeout(Stream stream, TimeoutException x, Promise<Boolean> promise) {
      bytes.ended("the client was silent for too long");
      promise.succeeded(true);
    }

    @Override
    public void onFailure(
        Stream stream, int error, String reason, Throwable failure, Callback callback) {
      bytes.ended("the connection broke");
      callback.succeeded();
    }

    @Override
    public void onClosed(Stream stream) {
      bytes.arrived();
    }
  }
}
