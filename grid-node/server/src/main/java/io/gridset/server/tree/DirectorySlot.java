package io.gridset.server.tree;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.tree.ListingCopy.Standing;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// The place of one directory's listing: who fetches it, how fresh it is, and what is shown while
/// the origin fails. Listings of one directory never run twice at once, but for one flight that
/// asks the directory's home and one that acts as the home. Thread-safe.
final class DirectorySlot {
  /// Longest wait for a listing: 100 pages of 1,000 names at a slow second each.
  private static final long WAIT_SECONDS = 120;

  /// After a failure the old listing is shown this long without asking again, so that not every
  /// lookup waits for the origin's deadline.
  static final long PAUSE_AFTER_FAILURE_NANOS = TimeUnit.SECONDS.toNanos(5);

  /// No limit to the age of a listing but the time to live.
  static final long ANY_AGE = Long.MAX_VALUE;

  /// Whom a flight asks first.
  enum Role {
    /// The directory's home.
    READER,
    /// The origin: it acts as the home and must not ask others in turn.
    HOME
  }

  /// What a flight is to bring.
  ///
  /// @param before the listing that it replaces
  /// @param standIn whether `before` may be shown should the origin be silent
  /// @param maxAgeNanos how long ago the origin may have been asked at most
  record Wish(Role role, @Nullable Listing before, boolean standIn, long maxAgeNanos) {}

  /// A listing that was brought; a stale one stands in for a silent origin.
  record Fetched(Listing listing, long ageNanos, Standing standing) {
    static Fetched of(Listing listing) {
      return new Fetched(listing, 0, Standing.CURRENT);
    }
  }

  /// Fetches a listing.
  interface Source {
    Fetched fetch(Wish wish) throws StorageException;
  }

  /// A listing as it is shown.
  record Shown(Listing listing, long atNanos, Standing standing) {}

  private record Known(Shown shown, long generation) {}

  private static final class Flight {
    final CompletableFuture<Shown> result = new CompletableFuture<>();
    final long generation;
    final long startedNanos;
    final Wish wish;

    Flight(long generation, long startedNanos, Wish wish) {
      this.generation = generation;
      this.startedNanos = startedNanos;
      this.wish = wish;
    }
  }

  private @Nullable Known known;
  private @Nullable Flight flight;
  private long generation;
  private boolean everExpired;
  private long expiredNanos;
  private long pausedUntilNanos;
  private boolean paused;

  /// The listing, if one was ever fetched, however old.
  synchronized @Nullable Listing last() {
    return known == null ? null : known.shown.listing;
  }

  /// The same with its age.
  synchronized @Nullable Shown lastShown() {
    return known == null ? null : known.shown;
  }

  /// The listing, if it is not older than `timeToLive`.
  synchronized @Nullable Listing fresh(Freshness freshness) {
    return known != null && isFresh(known, freshness) ? known.shown.listing : null;
  }

  /// From now on the listing counts as too old, and flights under way as begun too early.
  synchronized void expire(Freshness freshness) {
    generation++;
    everExpired = true;
    expiredNanos = freshness.ticker().nanos();
    paused = false;
  }

  /// A listing not older than `timeToLive`, fetched when need be.
  Listing get(Role role, Source source, Freshness freshness) throws StorageException {
    return show(role, source, freshness).listing;
  }

  /// As [#get], for others: none from before `maxAgeNanos` ago.
  Shown getAsHome(Source source, Freshness freshness, long maxAgeNanos) throws StorageException {
    synchronized (this) {
      long now = freshness.ticker().nanos();
      boolean knownTooOld =
          known != null
              && known.generation == generation
              && now - known.shown.atNanos > maxAgeNanos;
      boolean flightTooOld =
          flight != null
              && flight.generation == generation
              && now - flight.startedNanos > maxAgeNanos;
      if (knownTooOld || flightTooOld) {
        expire(freshness);
      }
    }
    return show(Role.HOME, source, freshness);
  }

  private Shown show(Role role, Source source, Freshness freshness) throws StorageException {
    Flight joined;
    boolean mine = false;
    synchronized (this) {
      if (known != null && isFresh(known, freshness)) {
        return asShown(known, freshness);
      }
      Flight current = flight;
      if (current == null
          || current.generation != generation
          || (role == Role.HOME && current.wish.role == Role.READER)) {
        long now = freshness.ticker().nanos();
        current = new Flight(generation, now, wish(role, now, freshness));
        flight = current;
        mine = true;
      }
      joined = current;
    }
    if (mine) {
      Thread.ofVirtual().name("listing").start(() -> run(joined, source, freshness));
    }
    return await(joined.result, freshness);
  }

  private Wish wish(Role role, long now, Freshness freshness) {
    boolean standIn = known != null && now - known.shown.atNanos <= freshness.staleBoundNanos();
    long maxAge = everExpired ? Math.max(0, now - expiredNanos) : ANY_AGE;
    return new Wish(role, last(), standIn, maxAge);
  }

  private boolean isFresh(Known candidate, Freshness freshness) {
    return isCurrent(candidate, freshness)
        || (paused && freshness.ticker().nanos() - pausedUntilNanos < 0);
  }

  private boolean isCurrent(Known candidate, Freshness freshness) {
    return candidate.generation == generation
        && candidate.shown.standing == Standing.CURRENT
        && freshness.ticker().nanos() - candidate.shown.atNanos < freshness.timeToLiveNanos();
  }

  private Shown asShown(Known candidate, Freshness freshness) {
    return isCurrent(candidate, freshness) ? candidate.shown : stale(candidate.shown);
  }

  private static Shown stale(Shown shown) {
    return new Shown(shown.listing, shown.atNanos, Standing.STALE);
  }

  private void run(Flight mine, Source source, Freshness freshness) {
    try {
      Fetched fetched = source.fetch(mine.wish);
      Shown shown;
      synchronized (this) {
        shown = shown(mine, fetched, freshness);
        if (known == null || known.generation <= mine.generation) {
          known = new Known(shown, mine.generation);
          paused = fetched.standing == Standing.STALE;
          pausedUntilNanos = freshness.ticker().nanos() + PAUSE_AFTER_FAILURE_NANOS;
        }
        clear(mine);
      }
      if (fetched.standing == Standing.STALE) {
        freshness.staleServed().increment();
      }
      mine.result.complete(shown);
    } catch (StorageException | RuntimeException e) {
      synchronized (this) {
        clear(mine);
      }
      mine.result.completeExceptionally(e);
    }
  }

  /// Since when a listing counts: the origin of this node told it when the flight began; what a
  /// home told was so old when its answer came.
  private static Shown shown(Flight mine, Fetched fetched, Freshness freshness) {
    long at =
        fetched.ageNanos == 0 ? mine.startedNanos : freshness.ticker().nanos() - fetched.ageNanos;
    return new Shown(fetched.listing, at, fetched.standing);
  }

  private void clear(Flight mine) {
    if (flight == mine) {
      flight = null;
    }
  }

  private Shown await(CompletableFuture<Shown> result, Freshness freshness)
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
  private synchronized Shown instead(StorageException failure, Freshness freshness)
      throws StorageException {
    long now = freshness.ticker().nanos();
    if (!isSilence(failure)
        || known == null
        || now - known.shown.atNanos > freshness.staleBoundNanos()) {
      throw failure.again();
    }
    paused = true;
    pausedUntilNanos = now + PAUSE_AFTER_FAILURE_NANOS;
    freshness.staleServed().increment();
    return stale(known.shown);
  }

  /// Whether a failure means that the origin said nothing at all.
  static boolean isSilence(StorageException failure) {
    return switch (failure.kind()) {
      case UNAVAILABLE, TIMED_OUT, THROTTLED -> true;
      case NOT_FOUND, ACCESS_DENIED, CHANGED, CORRUPT, NO_SPACE -> false;
      case INVALID, UNSUPPORTED, CANCELLED, ALREADY_EXISTS -> false;
    };
  }
}
