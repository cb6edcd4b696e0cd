package io.gridset.server.tree;

import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.tree.DirectorySlot.Fetched;
import io.gridset.server.tree.DirectorySlot.Role;
import io.gridset.server.tree.DirectorySlot.Wish;
import io.gridset.server.tree.ListingCopy.Standing;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Where the listings of a dataset's directories come from: the directory's home, else the origin,
/// else, while the origin is silent, whoever still has one. What the origin told is kept, and told
/// to others. Thread-safe.
final class DirectoryListings implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DirectoryListings.class);

  /// How long a lookup waits for an origin when an older listing can stand in: longer than a living
  /// store takes for a page.
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  /// Beyond that, so many times what a mount's slowest listing took: a large directory is no dead
  /// origin.
  private static final int SLOWNESS = 4;

  /// The same for an origin that was silent the last time.
  private static final Duration PATIENCE_AFTER_SILENCE = Duration.ofSeconds(1);

  /// Listings waiting to be kept; beyond that a slow disk costs copies, not memory.
  private static final int PENDING_LIMIT = 256;

  private final String uid;
  private final Freshness freshness;
  private final ListingExchange exchange;
  private final Semaphore heads;
  private final Semaphore keeping = new Semaphore(1);
  private final AtomicInteger pending = new AtomicInteger();
  private volatile boolean closed;

  /// Mounts whose origin has answered this process.
  private final Set<String> heard = ConcurrentHashMap.newKeySet();

  /// What the slowest listing of a mount took that came to its end, in nanoseconds.
  private final Map<String, Long> slowest = new ConcurrentHashMap<>();

  /// Mounts whose origin did not answer the last time, and when that was.
  private final Map<String, Long> silentSince = new ConcurrentHashMap<>();

  /// A directory, and the names that it has because mounts hang there.
  record Place(MountedStore mount, String path, SortedSet<String> mountNames) {
    String inStore() {
      return mount.inStore(path);
    }
  }

  /// @param parallelHeads requests for single identities at once
  DirectoryListings(String uid, Freshness freshness, ListingExchange exchange, int parallelHeads) {
    this.uid = uid;
    this.freshness = freshness;
    this.exchange = exchange;
    heads = new Semaphore(parallelHeads);
  }

  DirectoryKey key(MountedStore mount, String path) {
    return new DirectoryKey(uid, mount.name(), mount.inStore(path));
  }

  ListingExchange exchange() {
    return exchange;
  }

  /// Whom this node asks first for a directory's listing.
  ///
  /// @param owner empty above all mounts
  Role role(Optional<MountedStore> owner, String path) {
    boolean home = owner.map(mount -> exchange.others().isHome(key(mount, path))).orElse(true);
    return home ? Role.HOME : Role.READER;
  }

  /// Forgets which origins were silent: whoever asks next asks them.
  void forgetSilence() {
    silentSince.clear();
  }

  /// @throws StorageException as the origin says it, also through the home
  Fetched fetch(Place place, Wish wish) throws StorageException {
    DirectoryKey key = key(place.mount(), place.path());
    Fetched stale = null;
    if (wish.role() == Role.READER) {
      Fetched told = ask(place, key, wish.maxAgeNanos());
      if (told != null && told.standing() == Standing.CURRENT) {
        return told;
      }
      stale = told;
    }
    try {
      return asking(place, key, wish, wish.standIn() || stale != null);
    } catch (StorageException e) {
      if (!DirectorySlot.isSilence(e) || (stale == null && wish.standIn())) {
        throw e;
      }
      Fetched instead = stale == null ? recall(place, key) : stale;
      if (instead == null) {
        throw e;
      }
      LOG.warn(
          "{} does not answer ({}); its listing of {} s ago stands in",
          place.mount().store().description(),
          e.getMessage(),
          TimeUnit.NANOSECONDS.toSeconds(instead.ageNanos()));
      return instead;
    }
  }

  private @Nullable Fetched ask(Place place, DirectoryKey key, long maxAgeNanos)
      throws StorageException {
    ListingCopy copy = exchange.others().ask(key, maxAgeNanos).orElse(null);
    Fetched told = copy == null ? null : decoded(place, copy);
    if (copy != null && told != null && told.standing() == Standing.CURRENT) {
      long since = freshness.ticker().nanos() - copy.ageNanos();
      later(() -> exchange.shelf().keep(key, aged(copy.encoded(), since)));
    }
    return told;
  }

  private @Nullable Fetched decoded(Place place, ListingCopy copy) {
    try {
      Listing listing = ListingCodec.decode(copy.encoded(), place.mountNames());
      return new Fetched(listing, copy.ageNanos(), copy.standing());
    } catch (StorageException e) {
      LOG.warn("a listing of '{}' is not used: {}", place.path(), e.getMessage());
      return null;
    }
  }

  /// Asks the origin, for as long as it makes sense.
  private Fetched asking(Place place, DirectoryKey key, Wish wish, boolean hasStandIn)
      throws StorageException {
    String mount = place.mount().name();
    Long since = silentSince.get(mount);
    // Somebody asked for the origin's own word just now.
    boolean mustKnow = wish.maxAgeNanos() < freshness.timeToLiveNanos();
    if (since == null && heard.contains(mount) && (!hasStandIn || mustKnow)) {
      return origin(place, key);
    }
    if (!hasStandIn && exchange.shelf().find(key).isEmpty()) {
      return origin(place, key);
    }
    if (since == null) {
      return within(PATIENCE.plusNanos(SLOWNESS * slowest.getOrDefault(mount, 0L)), place, key);
    }
    if (freshness.ticker().nanos() - since < DirectorySlot.PAUSE_AFTER_FAILURE_NANOS) {
      throw StorageException.retryable(Kind.UNAVAILABLE, "it did not answer a moment ago");
    }
    return within(PATIENCE_AFTER_SILENCE, place, key);
  }

  private Fetched within(Duration patience, Place place, DirectoryKey key) throws StorageException {
    CompletableFuture<Fetched> answer = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("listing-origin")
        .start(
            () -> {
              try {
                answer.complete(origin(place, key));
              } catch (StorageException | RuntimeException e) {
                answer.completeExceptionally(e);
              }
            });
    try {
      return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      silentSince.put(place.mount().name(), freshness.ticker().nanos());
      throw StorageException.retryable(
          Kind.TIMED_OUT, "no answer within " + patience.toSeconds() + " s", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StorageException failure) {
        throw failure.again();
      }
      throw StorageException.of(Kind.UNAVAILABLE, "listing failed: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw StorageException.of(Kind.CANCELLED, "interrupted while listing", e);
    }
  }

  private Fetched origin(Place place, DirectoryKey key) throws StorageException {
    long since = freshness.ticker().nanos();
    ListingBuilder builder = new ListingBuilder(place.mountNames());
    MountedStore mount = place.mount();
    try {
      mount.store().list(place.inStore(), builder::add);
    } catch (StorageException e) {
      if (DirectorySlot.isSilence(e)) {
        silentSince.put(mount.name(), freshness.ticker().nanos());
      }
      boolean onlyMounts = e.kind() == Kind.NOT_FOUND && !place.mountNames().isEmpty();
      if (!onlyMounts || place.path().equals(mount.path())) {
        throw e;
      }
    }
    heard.add(mount.name());
    silentSince.remove(mount.name());
    slowest.merge(mount.name(), freshness.ticker().nanos() - since, Math::max);
    Listing listing = builder.build();
    later(
        () -> {
          ListingCopy copy = aged(ListingCodec.encode(listing), since);
          exchange.shelf().keep(key, copy);
          exchange.others().heard(key, copy);
        });
    return Fetched.of(listing);
  }

  private ListingCopy aged(byte[] encoded, long sinceNanos) {
    return new ListingCopy(encoded, freshness.ticker().nanos() - sinceNanos, Standing.CURRENT);
  }

  /// The youngest listing that is left anywhere, if it is young enough.
  private @Nullable Fetched recall(Place place, DirectoryKey key) {
    Optional<ListingCopy> mine = exchange.shelf().find(key);
    Optional<ListingCopy> theirs = exchange.others().recall(key);
    boolean preferTheirs =
        theirs.isPresent() && (mine.isEmpty() || theirs.get().ageNanos() < mine.get().ageNanos());
    ListingCopy best = (preferTheirs ? theirs : mine).orElse(null);
    if (best == null || best.ageNanos() > freshness.staleBoundNanos()) {
      return null;
    }
    return decoded(place, new ListingCopy(best.encoded(), best.ageNanos(), Standing.STALE));
  }

  /// Keeps something soon, while the listing is in use already: a slow disk holds up nobody.
  private void later(Runnable keep) {
    if (exchange.equals(ListingExchange.NONE)) {
      return;
    }
    if (pending.incrementAndGet() > PENDING_LIMIT) {
      pending.decrementAndGet();
      return;
    }
    Thread.ofVirtual()
        .name("keep-listing")
        .start(
            () -> {
              keeping.acquireUninterruptibly();
              try {
                if (!closed) {
                  keep.run();
                }
              } finally {
                keeping.release();
                pending.decrementAndGet();
              }
            });
  }

  /// The identity of one listed file; empty when it is gone.
  Optional<ObjectIdentity> identity(Role role, Place directory, String name)
      throws StorageException {
    KnownIdentity told =
        role == Role.HOME
            ? new KnownIdentity.AskOrigin()
            : exchange.others().identity(key(directory.mount(), directory.path()), name);
    return switch (told) {
      case KnownIdentity.Present(var identity) -> Optional.of(identity);
      case KnownIdentity.Gone _ -> Optional.empty();
      case KnownIdentity.AskOrigin _ -> head(directory, name);
    };
  }

  private Optional<ObjectIdentity> head(Place directory, String name) throws StorageException {
    heads.acquireUninterruptibly(); // Bounded: each holder has its store's own deadline.
    try {
      return directory.mount().store().head(Paths.child(directory.inStore(), name));
    } finally {
      heads.release();
    }
  }

  /// Nothing is kept from now on.
  @Override
  public void close() {
    closed = true;
    keeping.acquireUninterruptibly(); // Whoever writes now has written when this returns.
    keeping.release();
  }
}
