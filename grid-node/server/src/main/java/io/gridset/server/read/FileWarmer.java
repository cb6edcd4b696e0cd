package io.gridset.server.read;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Brings the missing blocks of a file into the cache, in file order, several at once. Needs no
/// memory budget: a block takes cache space only when its bytes are about to come. Thread-safe.
final class FileWarmer {
  private final BlockLoader loader;
  private final Duration patience;

  FileWarmer(BlockLoader loader, Duration patience) {
    this.loader = loader;
    this.patience = patience;
  }

  /// How to warm.
  ///
  /// @param blocksAtOnce flights of this file under way
  record Plan(Priority priority, int blocksAtOnce, BlockChoice choice) {}

  /// Returns when all is done; the caller holds a reference to the session meanwhile.
  ///
  /// @throws StorageException the first failure; flights under way go on
  WarmOutcome warm(FileSession session, Plan plan) throws StorageException {
    Semaphore room = new Semaphore(plan.blocksAtOnce());
    AtomicReference<@Nullable FlightOutcome> ended = new AtomicReference<>();
    boolean wanted = true;
    for (int block = 0; block < session.layout().blockCount() && ended.get() == null; block++) {
      BlockChoice.Answer answer = plan.choice().of(block);
      boolean fetch = answer == BlockChoice.Answer.TAKE && !session.cached().isPresent(block);
      wanted = answer != BlockChoice.Answer.STOP && (!fetch || plan.choice().begins(block));
      if (!wanted) {
        break;
      }
      if (!fetch) {
        continue;
      }
      take(room, 1);
      BlockFlight flight = loader.fetch(session, block, plan.priority());
      int number = block;
      flight.whenLanded(
          outcome -> {
            if (!(outcome instanceof FlightOutcome.Published)) {
              ended.compareAndSet(null, outcome);
            } else if (flight.course().stage() != FlightCourse.Stage.FROM_ORIGIN) {
              plan.choice().cameFromElsewhere(number);
            }
            room.release();
          });
    }
    take(room, plan.blocksAtOnce());
    return switch (ended.get()) {
      case null -> wanted ? new WarmOutcome.Warmed() : new WarmOutcome.Stopped();
      case FlightOutcome.Failed(var failure) -> throw failure.again();
      case FlightOutcome.Refused(var reason) -> new WarmOutcome.Declined(reason);
      case FlightOutcome.Buffered(_) -> new WarmOutcome.Declined("the cache is full");
      case FlightOutcome.Published() -> throw new IllegalStateException("not an end");
    };
  }

  private void take(Semaphore room, int permits) throws StorageException {
    try {
      if (!room.tryAcquire(permits, patience.toMillis(), TimeUnit.MILLISECONDS)) {
        throw StorageException.retryable(
            Kind.TIMED_OUT, "no block came within " + patience.toSeconds() + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw StorageException.of(Kind.CANCELLED, "interrupted while warming", e);
    }
  }
}
