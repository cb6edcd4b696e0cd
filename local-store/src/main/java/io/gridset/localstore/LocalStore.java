package io.gridset.localstore;

import io.gridset.localstore.behaviour.Behaviour;
import io.gridset.localstore.behaviour.Pacing;
import io.gridset.localstore.behaviour.Statistics;
import io.gridset.localstore.http.ChannelWire;
import io.gridset.localstore.http.TlsWire;
import io.gridset.localstore.http.Wire;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A running local object store; open once constructed, thread-safe.
///
/// One thread accepts, one virtual thread serves each connection. [#close] ends them all.
public final class LocalStore implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LocalStore.class);

  /// Open connections; further clients wait in the accept queue. Each costs a 64 KiB head buffer.
  private static final int CONNECTION_LIMIT = 1_024;

  private static final int ACCEPT_QUEUE = 512;

  private final LocalStoreSettings settings;
  private final Behaviour behaviour;
  private final Statistics statistics = new Statistics();
  private final StoreService service;
  private final Listener listener;
  private final Semaphore room = new Semaphore(CONNECTION_LIMIT);
  private final Map<Wire, Thread> connections = new ConcurrentHashMap<>();
  private final Thread acceptor;
  private volatile boolean closed;

  /// Where connections come from.
  private interface Listener {
    Wire accept() throws IOException;

    int port();

    void close() throws IOException;
  }

  private LocalStore(LocalStoreSettings settings, Pacing pacing, InstantSource clock)
      throws IOException {
    this.settings = settings;
    this.behaviour = new Behaviour(settings.limits(), pacing);
    this.service = new StoreService(settings, behaviour, statistics, clock);
    this.listener = listen(settings);
    this.acceptor = Thread.ofPlatform().name("local-store-accept").daemon().unstarted(this::accept);
  }

  /// Starts a store; its root must exist.
  ///
  /// @throws IOException if the root is no directory or the address cannot be listened on
  public static LocalStore start(LocalStoreSettings settings) throws IOException {
    return start(settings, Pacing.system(), InstantSource.system());
  }

  static LocalStore start(LocalStoreSettings settings, Pacing pacing, InstantSource clock)
      throws IOException {
    if (!Files.isDirectory(settings.root())) {
      throw new IOException("the store's root is not a directory: " + settings.root());
    }
    LocalStore store = new LocalStore(settings, pacing, clock);
    store.acceptor.start();
    return store;
  }

  public URI endpoint() {
    return URI.create(
        (settings.tls().isPresent() ? "https://" : "http://") + settings.host() + ":" + port());
  }

  public int port() {
    return listener.port();
  }

  /// The limits and faults, to be changed at will.
  public Behaviour behaviour() {
    return behaviour;
  }

  public Statistics statistics() {
    return statistics;
  }

  private static Listener listen(LocalStoreSettings settings) throws IOException {
    InetSocketAddress address =
        new InetSocketAddress(InetAddress.getByName(settings.host()), settings.port());
    return settings.tls().isPresent()
        ? tlsListener(
            (SSLServerSocket)
                settings
                    .tls()
                    .get()
                    .getServerSocketFactory()
                    .createServerSocket(address.getPort(), ACCEPT_QUEUE, address.getAddress()))
        : plainListener(address);
  }

  private static Listener plainListener(InetSocketAddress address) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open();
    server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
    server.bind(address, ACCEPT_QUEUE);
    int port = server.socket().getLocalPort();
    return new Listener() {
      @Override
      public Wire accept() throws IOException {
        return new ChannelWire(server.accept());
      }

      @Override
      public int port() {
        return port;
      }

      @Override
      public void close() throws IOException {
        server.close();
      }
    };
  }

  private static Listener tlsListener(SSLServerSocket server) {
    return new Listener() {
      @Override
      public Wire accept() throws IOException {
        return new TlsWire((SSLSocket) server.accept());
      }

      @Override
      public int port() {
        return server.getLocalPort();
      }

      @Override
      public void close() throws IOException {
        server.close();
      }
    };
  }

  private void accept() {
    while (!closed) {
      try {
        room.acquire();
        serve(listener.accept());
      } catch (IOException e) {
        room.release();
        if (!closed) {
          LOG.warn("a connection could not be accepted", e);
        }
      } catch (InterruptedException _) {
        return;
      }
    }
  }

  private void serve(Wire wire) {
    Connection connection = new Connection(wire, service, behaviour, statistics);
    Thread thread =
        Thread.ofVirtual()
            .name("local-store-connection")
            .unstarted(
                () -> {
                  try {
                    connection.serve();
                  } finally {
                    connections.remove(wire);
                    room.release();
                  }
                });
    connections.put(wire, thread);
    thread.start();
    if (closed) {
      end(wire, thread);
    }
  }

  private static void end(Wire wire, @Nullable Thread thread) {
    wire.close();
    if (thread != null) {
      thread.interrupt();
    }
  }

  /// Stops listening and ends all connections, whatever they are doing.
  @Override
  public void close() {
    closed = true;
    try {
      listener.close();
    } catch (IOException e) {
      LOG.warn("the listening socket did not close", e);
    }
    acceptor.interrupt();
    connections.forEach(LocalStore::end);
  }
}
