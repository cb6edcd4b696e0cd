package io.gridset.csi.rpc;

import io.gridset.core.unit.Ticker;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.api.server.ServerSessionListener;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.server.RawHTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.WindowRateControl;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.unixdomain.server.UnixDomainServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Serves calls on a Unix socket that only this user may open. Constructed means listening;
/// `close()` ends all connections and removes the socket. Thread-safe.
public final class RpcServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RpcServer.class);

  /// Calls under way at a time: a kubelet has some dozen pods to start at once.
  private static final int CALLS_MAX = 128;

  private static final int THREADS_MAX = 8;

  /// Longer than any deadline: a call that waits for a mount is silent meanwhile.
  private static final Duration CALL_LIMIT = Duration.ofHours(1);

  /// Pings, resets and the like in a second, beyond which a client is cut off.
  private static final int CONTROL_FRAMES_MAX = 2000;

  private final Server server;
  private final Path socket;
  private final Map<String, UnaryMethod> methods;
  private final Ticker ticker;
  private final Semaphore calls = new Semaphore(CALLS_MAX);

  /// @param methods by path, such as `/csi.v1.Identity/Probe`
  /// @throws IOException when somebody listens there already, or the socket cannot be made
  public RpcServer(Path socket, Map<String, UnaryMethod> methods, Ticker ticker)
      throws IOException {
    this.socket = socket;
    this.methods = Map.copyOf(methods);
    this.ticker = ticker;
    removeStale(socket);
    QueuedThreadPool threads = new QueuedThreadPool(THREADS_MAX, 2);
    threads.setName("csi");
    threads.setDaemon(true);
    this.server = new Server(threads);
    RawHTTP2ServerConnectionFactory http2 =
        new RawHTTP2ServerConnectionFactory(new HttpConfiguration(), new Streams());
    http2.setMaxConcurrentStreams(CALLS_MAX);
    http2.setStreamIdleTimeout(CALL_LIMIT.toMillis());
    http2.setRateControlFactory(new WindowRateControl.Factory(CONTROL_FRAMES_MAX));
    UnixDomainServerConnector connector = new UnixDomainServerConnector(server, http2);
    connector.setUnixDomainPath(socket);
    connector.setIdleTimeout(0); // A kubelet keeps its connection, and may have nothing to say.
    connector.setShutdownIdleTimeout(0);
    server.addConnector(connector);
    server.setStopTimeout(0);
    try {
      server.start();
      Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
    } catch (Exception e) {
      close();
      throw new IOException("cannot listen on " + socket + ": " + e.getMessage(), e);
    }
  }

  /// A killed plugin leaves its socket; whoever still listens on one is not to be pushed aside.
  private static void removeStale(Path socket) throws IOException {
    if (!Files.exists(socket, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    boolean answered;
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      answered = probe.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException _) {
      answered = false;
    }
    if (answered) {
      throw new IOException(
          "another process serves " + socket + ": end it, or choose another --endpoint");
    }
    Files.delete(socket);
  }

  @Override
  public void close() {
    try {
      server.stop();
      Files.deleteIfExists(socket);
    } catch (Exception e) {
      throw new IllegalStateException("the server does not end", e);
    }
  }

  private final class Streams implements ServerSessionListener {
    @Override
    public Stream.Listener onNewStream(Stream stream, HeadersFrame frame) {
      MetaData.Request head = (MetaData.Request) frame.getMetaData();
      UnaryCall call = new UnaryCall(stream, head, ticker);
      String path = String.valueOf(head.getHttpURI().getPath());
      Runnable work = () -> run(path, call);
      String name = "csi-" + path.substring(path.lastIndexOf('/') + 1);
      call.receive(frame.isEndStream(), () -> Thread.ofVirtual().name(name).start(work));
      return call;
    }

    @Override
    public void onFailure(Session session, Throwable failure, Callback callback) {
      LOG.debug("A connection failed", failure);
      callback.succeeded();
    }
  }

  private void run(String path, UnaryCall call) {
    if (!calls.tryAcquire()) {
      call.fail(RpcCode.UNAVAILABLE, CALLS_MAX + " calls are under way: try again");
      return;
    }
    try {
      UnaryMethod method = methods.get(path);
      if (method == null) {
        throw new RpcException(RpcCode.UNIMPLEMENTED, "this plugin has no method " + path);
      }
      call.answer(method.call(call.request(), call.deadline()));
    } catch (RpcException e) {
      LOG.info("{}: {} {}", path, e.code(), e.getMessage());
      call.fail(e.code(), String.valueOf(e.getMessage()));
    } catch (IOException e) {
      LOG.warn("{} failed", path, e);
      // A file's exception says by its class alone what is wrong with the file.
      call.fail(RpcCode.INTERNAL, e.toString());
    } catch (RuntimeException | Error e) {
      LOG.error("{} failed for a reason that no one foresaw", path, e);
      call.fail(RpcCode.INTERNAL, e + "; the plugin's log says more");
    } finally {
      calls.release();
    }
  }
}
