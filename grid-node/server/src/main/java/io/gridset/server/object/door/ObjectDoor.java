package io.gridset.server.object.door;

import io.gridset.core.object.ObjectStore;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.object.socket.LocalListener;
import io.gridset.server.object.socket.LocalSocket;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Serves the objects' local socket. Opened means listening; `close()` ends all connections and
/// removes the socket. Why a platform thread per connection: a call that waits in the kernel for a
/// frame pins a virtual thread.
public final class ObjectDoor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ObjectDoor.class);
  private static final int BACKLOG = 512;

  /// Of the buffers of large frames, which are direct memory.
  private static final long FRAME_BYTES_MAX = 96L << 20;

  /// For requests under way when the node stops.
  private static final Duration END = Duration.ofSeconds(5);

  /// After a failed accept (no descriptors are left): not at once again.
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final LocalListener listener;
  private final Operations operations;
  private final ObjectClaims claims;
  private final Semaphore room;
  private final FrameMemory memory = new FrameMemory(FRAME_BYTES_MAX);
  private final Set<Session> sessions = ConcurrentHashMap.newKeySet();
  private final ExecutorService threads =
      Executors.newCachedThreadPool(Thread.ofPlatform().daemon().name("objects-", 0).factory());
  private final AtomicBoolean closed = new AtomicBoolean();

  private ObjectDoor(DoorSettings settings, ObjectStore store, ObjectClaims claims)
      throws IOException {
    this.claims = claims;
    this.operations = new Operations(settings, store, claims);
    this.room = new Semaphore(settings.connections());
    this.listener = LocalListener.bind(settings.socket(), BACKLOG);
  }

  /// Listens from now on.
  ///
  /// @throws IOException when the socket cannot be had
  public static ObjectDoor open(DoorSettings settings, ObjectStore store, ObjectClaims claims)
      throws IOException {
    ObjectDoor door = new ObjectDoor(settings, store, claims);
    door.threads.execute(door::acceptAll);
    return door;
  }

  /// Connections that are served now.
  public int connections() {
    return sessions.size();
  }

  private void acceptAll() {
    try (listener) {
      while (!closed.get()) {
        try {
          admit(listener.accept());
        } catch (ClosedChannelException | RejectedExecutionException e) {
          return;
        } catch (IOException e) {
          LOG.warn("no connection can be taken: {}", e.getMessage());
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      }
    } catch (IOException e) {
      LOG.warn("the objects' socket was not removed: {}", e.toString());
    }
  }

  private void admit(LocalSocket socket) {
    Belongings belongings = new Belongings(UUID.randomUUID().toString(), claims);
    Session session = new Session(socket, memory, belongings, operations);
    boolean taken = room.tryAcquire();
    try {
      if (!taken) {
        refuse(session);
        return;
      }
      sessions.add(session);
      threads.execute(() -> serve(session));
    } catch (RejectedExecutionException e) {
      end(session);
      throw e;
    }
  }

  /// A few bytes always fit the buffer of a fresh connection: this does not wait.
  private static void refuse(Session session) {
    try (session) {
      session.refuse(Kind.THROTTLED, "the node has as many connections for objects as it takes");
    } catch (IOException e) {
      LOG.debug("nobody heard that there are too many connections", e);
    }
  }

  private void serve(Session session) {
    try {
      if (!closed.get()) {
        session.run();
      }
    } catch (IOException e) {
      LOG.debug("a client's connection broke", e);
    } catch (RuntimeException e) {
      LOG.error("A connection failed for a reason that no one foresaw", e);
    } finally {
      end(session);
    }
  }

  private void end(Session session) {
    sessions.remove(session);
    try {
      session.close();
    } finally {
      room.release();
    }
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    listener.shutdown();
    sessions.forEach(Session::shutdown);
    threads.shutdown();
    try {
      if (!threads.awaitTermination(END.toMillis(), TimeUnit.MILLISECONDS)) {
        threads.shutdownNow();
        LOG.warn("requests for objects were still under way when the node stopped");
      }
    } catch (InterruptedException e) {
      threads.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
