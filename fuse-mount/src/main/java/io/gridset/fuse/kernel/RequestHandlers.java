package io.gridset.fuse.kernel;

import io.gridset.core.store.StorageException;
import io.gridset.fuse.protocol.Errno;
import io.gridset.fuse.protocol.ErrnoException;
import io.gridset.fuse.transport.TransportCounters;
import io.gridset.fuse.transport.TransportCounters.Counter;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs what answers requests: at once on the device loop when it cannot wait, else on a virtual
/// thread. Makes sure that every request is answered once, whatever happens. Thread-safe.
///
/// Waiting requests need no limit of their own: the kernel admits 512 in the background and one for
/// each reading thread. What they do at a time is limited by lane, so that slow reads never hold up
/// lookups.
final class RequestHandlers implements AutoCloseable {
  /// What a request uses.
  enum Lane {
    DATA,
    METADATA
  }

  /// Does the work of one request and answers it.
  @FunctionalInterface
  interface Handler {
    void answer(Reply reply) throws StorageException, ErrnoException;
  }

  private static final Logger LOG = LoggerFactory.getLogger(RequestHandlers.class);

  /// Each holds at most 1 MiB of pinned bytes, 256 MiB together.
  private static final int DATA_LIMIT = 256;

  /// Each is at most one listing or HEAD at the origin.
  private static final int METADATA_LIMIT = 128;

  private final TransportCounters counters;
  private final Semaphore data = new Semaphore(DATA_LIMIT);
  private final Semaphore metadata = new Semaphore(METADATA_LIMIT);
  private final ConcurrentHashMap<Long, Reply> waiting = new ConcurrentHashMap<>();
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("fuse-handler-", 0).factory());

  RequestHandlers(TransportCounters counters) {
    this.counters = counters;
  }

  /// Answers on the calling thread.
  void now(Reply reply, Handler handler) {
    if (!tryNow(reply, handler)) {
      unexpected(reply, new IllegalStateException("a handler left its request unanswered"));
    }
  }

  /// The same with a handler that answers unless it would have to wait; tells whether it did.
  boolean tryNow(Reply reply, Handler handler) {
    try {
      handler.answer(reply);
    } catch (ErrnoException e) {
      reply.error(e.errno());
    } catch (StorageException e) {
      LOG.warn("a request through the mount failed: {}", e.getMessage());
      LOG.debug("cause", e);
      reply.error(Errno.of(e));
    } catch (RuntimeException | Error e) {
      unexpected(reply, e);
    }
    return reply.isAnswered();
  }

  /// Answers on a virtual thread.
  void later(Lane lane, Reply reply, Handler handler) {
    reply.leaveLoop();
    waiting.put(reply.unique(), reply);
    threads.execute(
        () -> {
          Semaphore permits = lane == Lane.DATA ? data : metadata;
          permits.acquireUninterruptibly();
          try {
            now(reply, handler);
          } finally {
            permits.release();
            waiting.remove(reply.unique(), reply);
          }
        });
  }

  /// A signal reached the thread that waits for `unique`. Only a deadly one ends the wait: the
  /// kernel tells of every signal, and EINTR on a page fault would be a SIGBUS.
  void interrupt(long unique) {
    Reply reply = waiting.get(unique);
    if (reply != null && reply.process() > 0) {
      threads.execute(
          () -> {
            if (Processes.isBeingKilled(reply.process())) {
              reply.error(Errno.EINTR);
            }
          });
    }
  }

  /// Lets go of everyone still waiting. Handlers that still run end by themselves; what they would
  /// answer is dropped.
  @Override
  public void close() {
    waiting.values().forEach(reply -> reply.error(Errno.EIO));
    threads.shutdown();
  }

  private void unexpected(Reply reply, Throwable e) {
    LOG.error("a request failed unexpectedly; the caller gets EIO", e);
    counters.increment(Counter.UNEXPECTED_ERRORS);
    reply.error(Errno.EIO);
  }
}
