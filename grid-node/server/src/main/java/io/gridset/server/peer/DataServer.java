package io.gridset.server.peer;

import io.gridset.client.channel.DeadlineWatch;
import io.gridset.client.trust.ClusterToken;
import io.gridset.client.wire.Wire;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/// Gives this node's blocks, and answers small questions, to other members and readers: one virtual
/// thread per connection, a bounded number of them. Thread-safe.
public final class DataServer implements AutoCloseable {
  /// Connections over the limit that are told so; more are closed without a word.
  private static final int REFUSALS = 64;

  private static final int BACKLOG = 512;

  /// For sends under way when the node stops.
  private static final Duration GRACE = Duration.ofSeconds(2);

  /// For threads to see that their connection is gone.
  private static final Duration END = Duration.ofSeconds(5);

  /// After a failed accept (no descriptors are left): not at once again.
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final DataServerSettings settings;
  private final ServerSocketChannel listener;
  private final DeadlineWatch watch;
  private final Wire.Terms terms;
  private final Session.Parts parts;
  private final DataCounters counters = new DataCounters();
  private final Set<Session> sessions = ConcurrentHashMap.newKeySet();
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("data-server-", 0).factory());
  private final AtomicBoolean closed = new AtomicBoolean();

  /// Time, as tests drive it.
  record Seams(Ticker ticker, InstantSource clock) {}

  private DataServer(
      DataServerSettings settings,
      PeerService service,
      Map<String, PeerOperation> operations,
      Seams seams)
      throws IOException {
    this.settings = settings;
    this.watch = new DeadlineWatch(seams.ticker(), "data-server-deadlines");
    this.terms = new Wire.Terms(watch, settings.tls(), settings.limits().greeting());
    this.parts =
        new Session.Parts(
            settings.limits(),
            new Doorkeeper(settings, seams.clock()),
            service,
            new BlockGiver(service, settings.limits(), counters, threads, seams.ticker()),
            Map.copyOf(operations),
            counters);
    this.listener = ServerSocketChannel.open();
    try {
      listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      listener.bind(settings.listen(), BACKLOG);
    } catch (IOException e) {
      listener.close();
      watch.close();
      throw e;
    }
  }

  /// Listens from now on.
  ///
  /// @param operations by the name by which others call them
  /// @throws StorageException INVALID when it cannot listen there, or must not without a token
  public static DataServer start(
      DataServerSettings settings, PeerService service, Map<String, PeerOperation> operations)
      throws StorageException {
    return start(settings, service, operations, new Seams(Ticker.system(), InstantSource.system()));
  }

  static DataServer start(
      DataServerSettings settings,
      PeerService service,
      Map<String, PeerOperation> operations,
      Seams seams)
      throws StorageException {
    InetAddress address = settings.listen().getAddress();
    if (address == null) {
      throw StorageException.of(
          Kind.INVALID,
          "data-listen: the host name "
              + settings.listen().getHostString()
              + " cannot be resolved");
    }
    ClusterToken.requireFor(address, settings.token());
    try {
      DataServer server = new DataServer(settings, service, operations, seams);
      Thread.ofVirtual().name("data-server-accept").start(server::acceptAll);
      return server;
    } catch (IOException e) {
      throw StorageException.of(
          Kind.INVALID,
          "data-listen: cannot listen on " + settings.listen() + " (" + e.getMessage() + ")",
          e);
    }
  }

  /// The port it listens on.
  public int port() {
    try {
      return ((InetSocketAddress) listener.getLocalAddress()).getPort();
    } catch (IOException e) {
      throw new IllegalStateException("the data server is closed", e);
    }
  }

  public DataServerStatistics statistics() {
    return counters.snapshot();
  }

  private void acceptAll() {
    while (!closed.get()) {
      try {
        admit(listener.accept());
      } catch (ClosedChannelException | RejectedExecutionException e) {
        return;
      } catch (IOException e) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  private void admit(SocketChannel channel) throws IOException {
    int count = counters.connections.incrementAndGet();
    int most = settings.limits().connections();
    try {
      if (!isAllowed(channel) || count > most + REFUSALS) {
        throw new IOException("not taken");
      }
      threads.execute(() -> serve(channel, count <= most ? Admission.TAKEN : Admission.TOO_MANY));
    } catch (IOException | RejectedExecutionException e) {
      counters.connections.decrementAndGet();
      counters.refused.increment();
      channel.close();
    }
  }

  /// Without a token nobody from outside is believed, whatever the address listened on.
  private boolean isAllowed(SocketChannel channel) throws IOException {
    return settings.token() != null
        || ((InetSocketAddress) channel.getRemoteAddress()).getAddress().isLoopbackAddress();
  }

  private enum Admission {
    TAKEN,
    TOO_MANY
  }

  private void serve(SocketChannel channel, Admission admission) {
    try {
      Session session = new Session(Wire.accept(channel, terms), parts);
      sessions.add(session);
      if (closed.get()) {
        session.close();
      }
      try {
        switch (admission) {
          case TAKEN -> session.run();
          case TOO_MANY ->
              session.refuse(
                  StorageException.throttled(
                      "it has " + settings.limits().connections() + " connections, its limit",
                      null));
        }
      } finally {
        sessions.remove(session);
      }
    } catch (StorageException e) {
      // Its handshake failed, and the other side knows.
      counters.refused.increment();
    } finally {
      counters.connections.decrementAndGet();
    }
  }

  /// Lets sends under way finish, for a moment; then nothing of it is left.
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      listener.close();
    } catch (IOException e) {
      // It is gone either way.
      counters.refused.increment();
    }
    sessions.forEach(Session::closeWhenIdle);
    threads.shutdown();
    try {
      if (!threads.awaitTermination(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
        sessions.forEach(Session::close);
        threads.shutdownNow();
        var _ = threads.awaitTermination(END.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      sessions.forEach(Session::close);
      threads.shutdownNow();
      Thread.currentThread().interrupt();
    } finally {
      watch.close();
    }
  }
}
