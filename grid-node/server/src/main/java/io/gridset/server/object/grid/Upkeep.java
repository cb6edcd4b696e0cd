package io.gridset.server.object.grid;

import io.gridset.core.object.ObjectName;
import io.gridset.core.placement.Member;
import io.gridset.core.store.StorageException;
import io.gridset.core.unit.Ticker;
import io.gridset.server.object.ObjectRecord;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What nodes do for objects that nobody asked for: of those that hold an object which has too few
/// copies, the first in rank has another one made; the member that leads takes away names whose put
/// its node did not survive, those whose time is over, and says which are lost. Thread-safe.
final class Upkeep implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

  private static final Duration PERIOD = Duration.ofSeconds(1);

  /// Before an object is tried again of which no node took a copy.
  private static final Duration RETRY = Duration.ofSeconds(5);

  /// How long a node that has left may take to come back with what it holds, as after a restart,
  /// before that is lost.
  private static final Duration GRACE = Duration.ofSeconds(60);

  /// Copies that one node has made at once.
  private static final int AT_ONCE = 2;

  private static final long CLOSE_SECONDS = 5;

  private final GridNodes nodes;
  private final NameTable names;
  private final CopyMaker copies;
  private final Supplier<List<Member>> members;
  private final Ticker ticker;
  private final InstantSource clock;
  private final Map<String, Long> notBefore = new ConcurrentHashMap<>();
  private final Map<String, Long> withoutHolders = new ConcurrentHashMap<>();
  private final Semaphore places = new Semaphore(AT_ONCE);
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("gridset-objects-upkeep").factory());

  /// @param ticker for retries
  /// @param clock for times to live
  record Time(Ticker ticker, InstantSource clock) {}

  Upkeep(
      GridNodes nodes,
      NameTable names,
      CopyMaker copies,
      Supplier<List<Member>> members,
      Time time) {
    this.nodes = nodes;
    this.names = names;
    this.copies = copies;
    this.members = members;
    this.ticker = time.ticker();
    this.clock = time.clock();
  }

  /// @param also done each time
  void start(Runnable also) {
    long millis = PERIOD.toMillis();
    for (Runnable step : List.of(this::lookSafely, also)) {
      var _ = timer.scheduleWithFixedDelay(step, millis, millis, TimeUnit.MILLISECONDS);
    }
  }

  private void lookSafely() {
    try {
      look();
    } catch (StorageException e) {
      LOG.debug("objects are looked after later: {}", e.toString());
    } catch (RuntimeException e) {
      LOG.warn("objects cannot be looked after now", e);
    }
  }

  void look() throws StorageException {
    Set<String> live = nodes.live();
    boolean leads = nodes.leads();
    Set<String> belonging = nodes.belonging().keySet();
    long capable = members.get().stream().filter(member -> member.weight() > 0).count();
    for (CatalogEntry entry : names.all()) {
      if (leads) {
        tidy(entry, live, belonging);
      }
      if (hasTooFew(entry, live, capable)) {
        copy(entry, live);
      }
    }
    if (!withoutHolders.isEmpty()) {
      Set<String> ids =
          names.all().stream().map(entry -> entry.info().id()).collect(Collectors.toSet());
      withoutHolders.keySet().retainAll(ids);
    }
    notBefore.values().removeIf(time -> time - ticker.nanos() < 0);
  }

  private void tidy(CatalogEntry entry, Set<String> live, Set<String> belonging)
      throws StorageException {
    ObjectName name = entry.info().name();
    List<String> holders = entry.info().holders();
    Instant expires = entry.info().expires();
    boolean abandoned =
        entry.stage() == CatalogEntry.Stage.ARRIVING
            && (holders.isEmpty() || !live.contains(holders.getFirst()));
    if (abandoned || (expires != null && clock.instant().isAfter(expires))) {
      LOG.info("{} goes: {}", name, abandoned ? "its node has died while it was put" : "its time");
      boolean _ = replace(entry, new Decision.Delete());
    } else if (hasNoHolder(entry, belonging)) {
      String last = holders.stream().map(nodes::name).collect(Collectors.joining(", "));
      LOG.warn("{} is lost: {} held it", name, last);
      boolean _ = replace(entry, new Decision.Put(entry.lost(last.isEmpty() ? "a node" : last)));
    }
  }

  private boolean hasNoHolder(CatalogEntry entry, Set<String> belonging) {
    if (!entry.isVisible()
        || entry.isInline()
        || entry.info().holders().stream().anyMatch(belonging::contains)) {
      withoutHolders.remove(entry.info().id());
      return false;
    }
    long since = withoutHolders.computeIfAbsent(entry.info().id(), _ -> ticker.nanos());
    return ticker.nanos() - since > GRACE.toNanos();
  }

  /// Changes the entry unless it is another one by now.
  private boolean replace(CatalogEntry entry, Decision decision) throws StorageException {
    return names.change(
        entry.info().name(),
        now ->
            now != null && now.stage() == entry.stage() && now.info().equals(entry.info())
                ? decision
                : new Decision.Leave());
  }

  private static boolean hasTooFew(CatalogEntry entry, Set<String> live, long capable) {
    int wanted = entry.info().attributes().replicas();
    if (wanted < 2 || !entry.isVisible() || entry.isInline()) {
      return false;
    }
    long there = entry.info().holders().stream().filter(live::contains).count();
    return there > 0 && there < Math.min(wanted, capable);
  }

  private void copy(CatalogEntry entry, Set<String> live) {
    ObjectRecord record = new ObjectRecord(entry.info(), null);
    Set<String> holders =
        entry.info().holders().stream().filter(live::contains).collect(Collectors.toSet());
    String first =
        copies.ranked(record).stream()
            .filter(holders::contains)
            .findFirst()
            .orElseGet(() -> holders.stream().sorted().findFirst().orElse(""));
    if (!first.equals(nodes.self()) || notBefore.containsKey(record.id()) || !places.tryAcquire()) {
      return;
    }
    notBefore.put(record.id(), Long.MAX_VALUE);
    Thread.ofVirtual()
        .name("object-copy-" + record.id())
        .start(() -> makeCopy(record.heldBy(List.copyOf(holders)), holders));
  }

  private void makeCopy(ObjectRecord record, Set<String> holders) {
    try {
      for (String id : copies.candidates(record, holders)) {
        try {
          copies.copy(record, id);
          return;
        } catch (StorageException e) {
          LOG.info("{} takes no copy of {}: {}", id, record.name(), e.getMessage());
        }
      }
    } finally {
      places.release();
      notBefore.put(record.id(), ticker.nanos() + RETRY.toNanos());
    }
  }

  /// Before this node leaves: has a copy made of each object that no other node holds.
  ///
  /// @param time after which no other one is begun
  /// @return how many nobody else holds then
  int handOver(Duration time) {
    long deadline = ticker.nanos() + time.toNanos();
    int left = 0;
    for (CatalogEntry entry : List.copyOf(names.all())) {
      Set<String> live = nodes.live();
      if (entry.isVisible()
          && !entry.isInline()
          && entry.isHeldBy(nodes.self())
          && entry.info().holders().stream().filter(live::contains).count() == 1
          && (ticker.nanos() - deadline > 0 || !isHandedOver(entry))) {
        left++;
      }
    }
    return left;
  }

  private boolean isHandedOver(CatalogEntry entry) {
    ObjectRecord record = new ObjectRecord(entry.info(), null);
    for (String id : copies.candidates(record, Set.of())) {
      try {
        copies.copy(record, id);
        return true;
      } catch (StorageException e) {
        LOG.info("{} does not take {} over: {}", id, record.name(), e.getMessage());
      }
    }
    return false;
  }

  @Override
  public void close() {
    timer.shutdownNow();
    try {
      boolean _ = timer.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
