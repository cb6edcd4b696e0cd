package io.gridset.server.cluster;

import io.gridset.core.dataset.DatasetUsage;
import io.gridset.core.placement.Member;
import io.gridset.core.placement.MemberView;
import io.gridset.server.state.SharedMap;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What each member holds of each dataset: every member tells its own under a key of its own, at
/// most once a second and only when it changed, and all read a mirror. Entries of members that are
/// gone are ignored. Thread-safe; `close()` is idempotent and takes this member's entries away.
///
/// A dataset's cached bytes in a grid are those at home on some member. No block is at home twice,
/// so nothing is counted twice; but what lies only with a member that is no longer its home, as
/// after a join, is left out until the home has fetched it. The figure is never below what one
/// member holds.
public final class Holdings implements ClusterFigures, AutoCloseable {
  /// The name of the shared map.
  public static final String MAP = "holdings";

  /// Often enough for people who watch; a thousand members then write a thousand entries a second.
  public static final Duration PERIOD = Duration.ofSeconds(1);

  private static final Logger LOG = LoggerFactory.getLogger(Holdings.class);

  private final SharedMap map;
  private final String self;
  private final Supplier<MemberView> members;
  private final Map<String, HeldBytes> told = new HashMap<>();
  private final ScheduledExecutorService teller =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("gridset-holdings").factory());
  private volatile @Nullable Supplier<List<HeldDataset>> here;

  /// @param self this member's id in the view
  public Holdings(SharedMap map, String self, Supplier<MemberView> members) {
    this.map = map;
    this.self = self;
    this.members = members;
  }

  /// Begins to tell the others what runs here; called once.
  public void publish(Supplier<List<HeldDataset>> datasets) {
    here = datasets;
    long millis = PERIOD.toMillis();
    var _ = teller.scheduleWithFixedDelay(this::tellSafely, 0, millis, TimeUnit.MILLISECONDS);
  }

  private void tellSafely() {
    try {
      tell();
    } catch (RuntimeException e) {
      LOG.warn("what this member holds cannot be told now", e);
    }
  }

  /// Puts what has changed since the last time.
  void tell() {
    Map<String, HeldBytes> now = heldHere();
    synchronized (told) {
      for (String uid : Set.copyOf(told.keySet())) {
        if (!now.containsKey(uid)) {
          told.remove(uid);
          map.remove(key(uid, self));
        }
      }
      now.forEach(
          (uid, held) -> {
            if (!held.equals(told.put(uid, held))) {
              map.put(key(uid, self), held.encoded());
            }
          });
    }
  }

  private Map<String, HeldBytes> heldHere() {
    Supplier<List<HeldDataset>> datasets = here;
    Map<String, HeldBytes> held = new HashMap<>();
    for (HeldDataset dataset : datasets == null ? List.<HeldDataset>of() : datasets.get()) {
      held.put(dataset.uid(), heldBytes(dataset.uid(), dataset));
    }
    return held;
  }

  private static HeldBytes heldBytes(String uid, HeldDataset dataset) {
    DatasetUsage usage = dataset.usage();
    return new HeldBytes(
        usage.cachedBytes(),
        dataset.cache().homeBytesOf(uid),
        usage.capacityBytes(),
        usage.originBytes(),
        usage.servedBytes());
  }

  /// What the members that live hold of a dataset, by member id; this one's as of now.
  public Map<String, HeldBytes> heldBy(String uid) {
    Map<String, HeldBytes> held = new HashMap<>();
    for (Member member : members.get().members()) {
      map.find(key(uid, member.id()))
          .flatMap(HeldBytes::parse)
          .ifPresent(bytes -> held.put(member.id(), bytes));
    }
    Supplier<List<HeldDataset>> datasets = here;
    for (HeldDataset dataset : datasets == null ? List.<HeldDataset>of() : datasets.get()) {
      if (dataset.uid().equals(uid)) {
        held.put(self, heldBytes(uid, dataset));
      }
    }
    return held;
  }

  /// Whether another member may hold bytes of a dataset. No only when all others have said that
  /// they hold none, which may be as old as [#PERIOD]; who has said nothing may hold some.
  public boolean mayBeElsewhere(String uid) {
    for (Member member : members.get().members()) {
      if (!member.id().equals(self)
          && map.find(key(uid, member.id()))
              .flatMap(HeldBytes::parse)
              .filter(held -> held.totalBytes() == 0)
              .isEmpty()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public DatasetUsage of(String uid, DatasetUsage own) {
    Map<String, HeldBytes> held = heldBy(uid);
    if (held.keySet().stream().allMatch(self::equals)) {
      return own;
    }
    Collection<HeldBytes> all = held.values();
    long cached =
        Math.max(
            all.stream().mapToLong(HeldBytes::homeBytes).sum(),
            all.stream().mapToLong(HeldBytes::totalBytes).max().orElse(0));
    return new DatasetUsage(
        own.totalBytes(),
        own.files(),
        Math.min(cached, own.totalBytes().orElse(Long.MAX_VALUE)),
        members.get().members().stream()
            .filter(member -> member.weight() > 0)
            .map(member -> held.get(member.id()))
            .filter(Objects::nonNull)
            .mapToLong(HeldBytes::capacityBytes)
            .sum(),
        all.stream().mapToLong(HeldBytes::originBytes).sum(),
        all.stream().mapToLong(HeldBytes::servedBytes).sum(),
        own.peers());
  }

  private static String key(String uid, String member) {
    return uid + "/" + member;
  }

  @Override
  public void close() {
    teller.shutdownNow();
    synchronized (told) {
      told.keySet().forEach(uid -> map.remove(key(uid, self)));
      told.clear();
    }
  }
}
