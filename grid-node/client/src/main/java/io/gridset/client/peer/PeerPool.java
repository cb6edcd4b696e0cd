package io.gridset.client.peer;

import io.gridset.client.channel.DeadlineWatch;
import io.gridset.client.channel.Hearing;
import io.gridset.client.peer.PeerConnection.Lane;
import io.gridset.client.trust.Credential;
import io.gridset.client.wire.Wire;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The connections to all members: a bounded number in use to each, the idle ones kept for a while,
/// newest first. Thread-safe.
final class PeerPool implements AutoCloseable {
  /// Before the member itself closes it.
  private static final Duration IDLE_LIMIT = Duration.ofSeconds(60);

  private static final Duration HOUSEKEEPING = Duration.ofSeconds(10);

  /// Listings and offers, which may wait for the origin.
  private static final int CALLS_PER_PEER = 4;

  /// Pings and presence, which wait for nothing.
  private static final int SIGNS_PER_PEER = 2;

  private final PeerClientSettings settings;
  private final Ticker ticker;
  private final DeadlineWatch watch;
  private final Dialler dialler;
  private final Map<PeerAddress, Lanes> peers = new HashMap<>();
  private boolean closed;

  PeerPool(PeerClientSettings settings, Ticker ticker) {
    this.settings = settings;
    this.ticker = ticker;
    this.watch = new DeadlineWatch(ticker, "peer-deadlines");
    this.dialler =
        new Dialler(
            settings, new Wire.Terms(watch, settings.tls(), settings.connectTimeout()), ticker);
    watch.every(HOUSEKEEPING, this::dropExpired);
  }

  /// The connections to one member.
  private final class Lanes {
    final Map<Lane, Semaphore> permits = new EnumMap<>(Lane.class);
    final Deque<PeerConnection> idle = new ArrayDeque<>();
    final Hearing hearing = new Hearing();

    /// In use or waited for; with none, and no idle ones, it may be forgotten.
    int users;

    Lanes() {
      permits.put(Lane.BLOCKS, new Semaphore(settings.connectionsPerPeer(), true));
      permits.put(Lane.CALLS, new Semaphore(CALLS_PER_PEER, true));
      permits.put(Lane.SIGNS, new Semaphore(SIGNS_PER_PEER, true));
    }

    Semaphore permits(Lane lane) {
      return Objects.requireNonNull(permits.get(lane));
    }
  }

  Ticker ticker() {
    return ticker;
  }

  /// Lends a connection until `giveBack` or `discard`.
  ///
  /// @throws StorageException UNAVAILABLE when there is none until `deadline`
  PeerConnection take(PeerAddress address, Lane lane, long deadline) throws StorageException {
    Lanes lanes = enter(address);
    boolean permitted = false;
    try {
      permitted = acquire(lanes.permits(lane), deadline);
      if (!permitted) {
        throw StorageException.retryable(
            Kind.UNAVAILABLE, "all connections to member " + address + " stayed in use");
      }
      @Nullable PeerConnection idle = takeIdle(lanes, lane, settings.credentials().get());
      PeerConnection taken = idle == null ? dial(address, lane, deadline) : idle;
      taken.wire().forget();
      return taken;
    } catch (StorageException | RuntimeException e) {
      leave(address, lanes, permitted ? lane : null);
      throw e;
    }
  }

  /// In place of one that turned out to be stale; all other idle ones of the member probably are,
  /// too.
  PeerConnection replace(PeerConnection stale, long deadline) throws StorageException {
    stale.wire().close();
    List<PeerConnection> others;
    synchronized (this) {
      Lanes lanes = lanes(stale.address());
      others = new ArrayList<>(lanes.idle);
      lanes.idle.clear();
    }
    others.forEach(other -> other.wire().close());
    return dial(stale.address(), stale.lane(), deadline);
  }

  private PeerConnection dial(PeerAddress address, Lane lane, long deadline)
      throws StorageException {
    long left = deadline - ticker.nanos();
    if (left <= 0) {
      throw StorageException.retryable(
          Kind.UNAVAILABLE, "no time was left to connect to member " + address);
    }
    Credential credential = settings.credentials().get();
    PeerConnection fresh =
        new PeerConnection(
            address,
            credential,
            lane,
            dialler.dial(address, credential, Duration.ofNanos(left), hearing(address)));
    synchronized (this) {
      if (!closed) {
        return fresh;
      }
    }
    fresh.wire().close();
    throw closedClient();
  }

  private boolean acquire(Semaphore permits, long deadline) throws StorageException {
    try {
      return permits.tryAcquire(Math.max(0, deadline - ticker.nanos()), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw StorageException.of(Kind.CANCELLED, "interrupted while waiting for a connection", e);
    }
  }

  private synchronized Lanes enter(PeerAddress address) throws StorageException {
    if (closed) {
      throw closedClient();
    }
    Lanes lanes = peers.computeIfAbsent(address, _ -> new Lanes());
    lanes.users++;
    return lanes;
  }

  private synchronized void leave(PeerAddress address, Lanes lanes, @Nullable Lane lane) {
    if (lane != null) {
      lanes.permits(lane).release();
    }
    lanes.users--;
    if (lanes.users == 0 && lanes.idle.isEmpty()) {
      peers.remove(address, lanes);
    }
  }

  /// Those of a credential that was renewed meanwhile are closed: they would be refused when the
  /// old one expires.
  private @Nullable PeerConnection takeIdle(Lanes lanes, Lane lane, Credential current) {
    List<PeerConnection> old = new ArrayList<>();
    @Nullable PeerConnection found = null;
    synchronized (this) {
      while (found == null && !lanes.idle.isEmpty()) {
        PeerConnection newest = lanes.idle.removeFirst();
        if (newest.isOf(current)) {
          found = newest.in(lane);
        } else {
          old.add(newest);
        }
      }
    }
    old.forEach(connection -> connection.wire().close());
    return found;
  }

  private synchronized Hearing hearing(PeerAddress address) {
    return lanes(address).hearing;
  }

  private synchronized Lanes lanes(PeerAddress address) {
    return peers.computeIfAbsent(address, _ -> new Lanes());
  }

  /// Takes back a connection that stands at the end of an answer.
  void giveBack(PeerConnection connection) {
    boolean kept;
    synchronized (this) {
      kept = !closed;
      Lanes lanes = lanes(connection.address());
      if (kept) {
        connection.markIdle(ticker.nanos());
        lanes.idle.addFirst(connection);
      }
      leave(connection.address(), lanes, connection.lane());
    }
    if (!kept) {
      connection.wire().close();
    }
  }

  /// Takes back a connection that must not be used again.
  void discard(PeerConnection connection) {
    connection.wire().close();
    leave(connection.address(), lanes(connection.address()), connection.lane());
  }

  private void dropExpired() {
    List<PeerConnection> expired = new ArrayList<>();
    long now = ticker.nanos();
    synchronized (this) {
      for (Lanes lanes : peers.values()) {
        while (!lanes.idle.isEmpty()
            && now - lanes.idle.peekLast().idleSince() >= IDLE_LIMIT.toNanos()) {
          expired.add(lanes.idle.pollLast());
        }
      }
      peers.values().removeIf(lanes -> lanes.users == 0 && lanes.idle.isEmpty());
    }
    expired.forEach(connection -> connection.wire().close());
  }

  private static StorageException closedClient() {
    return StorageException.of(Kind.CANCELLED, "this node is closing its connections");
  }

  /// Ends all waits; connections in use are closed, too.
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    watch.close();
  }
}
