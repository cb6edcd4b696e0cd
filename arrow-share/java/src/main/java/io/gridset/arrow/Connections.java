package io.gridset.arrow;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A client's connections: each is one caller's while a request, a put or a claim lasts. There may
/// be as many as there are callers, so that none waits for another's put; few are kept idle.
/// Thread-safe.
final class Connections implements AutoCloseable {
  private static final int MOST_IDLE = 4;

  private final ClientSettings settings;
  private final Deque<Connection> idle = new ArrayDeque<>();
  private final Set<Connection> leased = new HashSet<>();
  private boolean closed;

  Connections(ClientSettings settings) {
    this.settings = settings;
  }

  /// A connection for the caller alone, to be given back.
  Connection lease() throws ObjectException {
    Connection connection = standing();
    if (connection == null) {
      connection = Connection.open(settings);
    }
    synchronized (this) {
      if (closed) {
        connection.close();
        throw cancelled();
      }
      leased.add(connection);
    }
    return connection;
  }

  /// An idle connection that the node has not ended meanwhile.
  private synchronized @Nullable Connection standing() throws ObjectException {
    if (closed) {
      throw cancelled();
    }
    while (!idle.isEmpty()) {
      Connection kept = idle.pop();
      if (kept.isUsable()) {
        return kept;
      }
      kept.close();
    }
    return null;
  }

  private static ObjectException cancelled() {
    return new ObjectException(ObjectException.Kind.CANCELLED, "this client is closed");
  }

  void giveBack(Connection connection) {
    synchronized (this) {
      leased.remove(connection);
      if (!closed && idle.size() < MOST_IDLE && connection.isWhole()) {
        idle.push(connection);
        return;
      }
    }
    connection.close();
  }

  /// Ends idle connections; those that are leased fail, and end when they are given back.
  @Override
  public synchronized void close() {
    closed = true;
    leased.forEach(Connection::interrupt);
    idle.forEach(Connection::close);
    idle.clear();
  }
}
