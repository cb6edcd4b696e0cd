package io.gridset.server.tree;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// The place of one directory's listing: who fetches it, how fresh it is, and what is shown while
/// the origin fails. Listings of one directory never run twice at once. Thread-safe.
final class DirectorySlot {
  /// Longest wait for a listing: 100 pages of 1,000 names at a slow second each.
  private static final long WAIT_SECONDS = 120;

  /// How old a listing may be and still be shown while the origin cannot be asked: the cache may
  /// outlive its origin for a while (reads go on), but not pretend for a day.
  static final long STALE_BOUND_NANOS = TimeUnit.HOURS.toNanos(1);

  /// After a failure the old listing is shown this long without asking again, so that not every
  /// lookup waits for the origin's deadline.
  static final long PAUSE_AFTER_FAILURE_NANOS = TimeUnit.SECONDS.toNanos(5);

  /// Fetches a listing; `before` is the one it replaces.
  interface Source {
    Listing fetch(@Nullable Listing before) throws StorageException;
  }

  private record Known(Listing listing, long atNanos, long generation) {}

  private static final class Flight {
    final CompletableFuture<Listing> result = new CompletableFuture<>();
    final long generation;

    Flight(long generation) {
      this.generation = generation;
    }
  }

  private @Nullable Known known;
  private @Nullable Flight flight;
  private long generation;
  private long pausedUntilNanos;
  private boolean paused;

  /// The listing, if one was ever fetched, however old.
  synchronized @Nullable Listing last() {
    return known == null ? null : known.listing;
  }

  /// The listing, if it is not older than `timeToLive`.
  synchronized @Nullable Listing fresh(Freshness freshness) {
    return known != null && isFresh(known, freshness) ? known.listing : null;
  }

  /// From now on the listing counts as too old, and flights under way as begun too early.
  synchronized void expire() {
    generation++;
    paused = false;
  }

  /// A listing not older than `timeToLive`, fetched when need be.
  Listing get(Source source, Freshness freshness) throws StorageException {
    Flight joined;
    boolean mine = false;
    synchronized (this) {
      if (known != null && isFresh(known, freshness)) {
        return known.listing;
      }
      if (flight == null || flight.generation != generation) {
        flight = new Flight(generation);
        mine = true;
      }
      joined = flight;
    }
    if (mine) {
      Thread.ofVirtual().name("listing").start(() -> run(joined, source, freshness));
    }
    return await(joined.result, freshness);
  }

  private boolean isFresh(Known candidate, Freshness freshness) {
    long now = freshness.ticker().nanos();
    if (candidate.generation == generation
        && now - candidate.atNanos < freshness.timeToLiveNanos()) {
      return true;
    }
    return paused && now - pausedUntilNanos < 0;
  }

  private void run(Flight mine, Source source, Freshness freshness) {
    try {
      long startedNanos = freshness.ticker().nanos();
      Listing listing = source.fetch(last());
      synchronized (this) {
        if (known == null || known.generation <= mine.generation) {
          known = new Known(listing, startedNanos, mine.generation);
          paused = false;
        }
        clear(mine);
      }
      mine.result.complete(listing);
    } catch (StorageException | RuntimeException e) {
      synchronized (this) {
        clear(mine);
      }
      mine.result.completeExceptionally(e);
    }
  }

  private void clear(Flight mine) {
    if (flight == mine) {
      flight = null;
    }
  }

  private Listing await(CompletableFuture<Listing> result, Freshness freshness)
      throws StorageException {
    try {
      return result.get(WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StorageException failure) {
        return instead(failure, freshness);
      }
      throw StorageException.of(Kind.UNAVAILABLE, "listing failed: " + e.getCause(), e);
    } catch (TimeoutException e) {
      return instead(
          StorageException.retryable(
              Kind.TIMED_OUT, "the listing took more than " + WAIT_SECONDS + " s", e),
          freshness);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw StorageException.of(Kind.CANCELLED, "interrupted while waiting for a listing", e);
    }
  }

  /// Shows the old listing when the origin cannot be asked at all: losing the origin costs
  /// freshness, not reads. What the origin does answer (no such directory, access denied) counts.
  private synchronized Listing instead(StorageException failure, Freshness freshness)
      throws StorageException {
    boolean silent =
        switch (failure.kind()) {
          case UNAVAILABLE, TIMED_OUT, THROTTLED -> true;
          case NOT_FOUND, ACCESS_DENIED, CHANGED, CORRUPT, NO_SPACE -> false;
          case INVALID, UNSUPPORTED, CANCELLED -> false;
        };
    long now = freshness.ticker().nanos();
    if (!silent || known == null || now - known.atNanos > STALE_BOUND_NANOS) {
      throw failure.again();
    }
    paused = true;
    pausedUntilNanos = now + PAUSE_AFTER_FAILURE_NANOS;
    freshness.staleServed().increment();
    return known.listing;
  }
}
