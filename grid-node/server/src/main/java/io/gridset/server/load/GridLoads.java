package io.gridset.server.load;

import io.gridset.core.dataset.LoadProgress;
import io.gridset.core.dataset.LoadRequest;
import io.gridset.core.dataset.LoadRun;
import io.gridset.core.placement.Member;
import io.gridset.core.placement.MemberView;
import io.gridset.core.store.StorageException;
import io.gridset.core.unit.Ticker;
import io.gridset.server.read.Homes;
import io.gridset.server.state.SharedMap;
import io.gridset.server.state.SharedMaps;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The loads of a grid, as one member takes part in them. An order stands in a map that all members
/// see; each works off the blocks that are its own to hold, and reports; the member that wrote the
/// order sums up, and takes it back at the end. Nothing else is sent: whatever changes, the members
/// compare what they hold with what they are to hold. A node alone does the same by itself.
///
/// One thread steers everything, and sleeps while there is nothing to do. Thread-safe.
public final class GridLoads implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GridLoads.class);

  /// How often views, datasets and rates are looked at while any load runs.
  private static final Duration TICK = Duration.ofMillis(200);

  /// How long an order stands whose coordinator is not in the view: a new member's order may be
  /// seen before the member itself.
  private static final long ORPHAN_NANOS = TimeUnit.SECONDS.toNanos(10);

  /// Longest wait for the steering thread at close.
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final SharedMap orders;
  private final SharedMap progress;
  private final Homes homes;
  private final Ticker ticker;
  private final Datasets datasets;
  private final Map<String, GridLoad> runs = new ConcurrentHashMap<>();
  private final Map<String, MemberShare> shares = new ConcurrentHashMap<>();
  private final Map<String, Long> orphans = new HashMap<>();
  private final Semaphore wake = new Semaphore(0);
  private final AutoCloseable ordersWatch;
  private final AutoCloseable progressWatch;
  private final Thread worker;
  private volatile boolean closing;

  /// The datasets that run on this node.
  @FunctionalInterface
  public interface Datasets {
    Optional<Loadable> find(String uid);
  }

  public GridLoads(SharedMaps maps, Homes homes, Ticker ticker, Datasets datasets) {
    orders = maps.map("load-orders");
    progress = maps.map("load-progress");
    this.homes = homes;
    this.ticker = ticker;
    this.datasets = datasets;
    ordersWatch = orders.watch(this::wake);
    progressWatch = progress.watch(this::wake);
    worker = Thread.ofVirtual().name("grid-loads").start(this::work);
  }

  /// Starts a load on all members; its targets are looked up here before this returns.
  ///
  /// @throws StorageException NOT_FOUND naming a target that does not exist
  public LoadRun start(Loadable dataset, LoadRequest request) throws StorageException {
    LoadTargets targets = LoadTargets.prepare(dataset.files().tree(), request);
    LoadOrder order =
        new LoadOrder(
            UUID.randomUUID().toString(), dataset.uid(), dataset.name(), request, homes.self(), 0);
    GridLoad run = new GridLoad(order, ticker, this::sum, this::wake);
    if (hasShare(order, homes.ranking().view())) {
      shares.put(order.id(), share(order, targets));
    }
    runs.put(order.id(), run);
    orders.put(order.id(), LoadJson.write(order));
    wake();
    return run;
  }

  /// How far a load of this dataset is that some member has started; empty when none like it runs.
  public Optional<LoadProgress> observe(String datasetUid, LoadRequest request) {
    return orders().values().stream()
        .filter(order -> order.datasetUid().equals(datasetUid) && order.request().equals(request))
        .map(this::sum)
        .map(sum -> sum.progress(sum.phase(), List.of(), sum.elapsedMillis()))
        .findFirst();
  }

  /// Ends the loads that were started here, and this member's part in those of others.
  @Override
  public void close() {
    if (closing) {
      return;
    }
    closing = true;
    wake();
    try (ordersWatch;
        progressWatch) {
      if (!worker.join(CLOSE_TIMEOUT)) {
        LOG.warn("the loads did not end within {}", CLOSE_TIMEOUT);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("closing a watch failed", e);
    }
  }

  private void wake() {
    wake.release();
  }

  private void work() {
    while (!closing) {
      try {
        tick();
      } catch (RuntimeException e) {
        LOG.error("a look at the loads failed; the next one tries again", e);
      }
      try {
        if (runs.isEmpty() && shares.isEmpty() && orphans.isEmpty()) {
          wake.acquire();
        } else {
          var _ = wake.tryAcquire(TICK.toMillis(), TimeUnit.MILLISECONDS);
        }
        wake.drainPermits();
      } catch (InterruptedException e) {
        return;
      }
    }
    shares.values().forEach(MemberShare::stop);
    shares.keySet().forEach(id -> progress.remove(key(id, homes.self())));
    runs.values().forEach(this::endCancelled);
  }

  /// One look at everything: idempotent, so that it does not matter what is missed between two.
  private void tick() {
    MemberView view = homes.ranking().view();
    runs.values().forEach(this::keepOrder);
    Map<String, LoadOrder> known = orders();
    dropForsaken(known, view);
    for (LoadOrder order : known.values()) {
      if (hasShare(order, view)) {
        shares.computeIfAbsent(order.id(), _ -> share(order, null));
      }
    }
    shares.forEach((id, share) -> work(id, share, known.get(id), view));
    for (GridLoad run : runs.values()) {
      judge(run);
    }
    sweep(known.keySet());
  }

  /// The order stands as long as the load runs, even if a merge of two grids has lost it.
  private void keepOrder(GridLoad run) {
    String text = LoadJson.write(run.order());
    if (run.isCancelled()) {
      orders.remove(run.order().id());
    } else if (!orders.find(run.order().id()).equals(Optional.of(text))) {
      orders.put(run.order().id(), text);
    }
  }

  /// Takes away orders that nobody sums up: of this member's former process, and of members that
  /// are gone. A DataLoad is begun again by the control plane, and finds what is cached.
  private void dropForsaken(Map<String, LoadOrder> known, MemberView view) {
    Set<String> live = new HashSet<>();
    view.members().forEach(member -> live.add(member.id()));
    long now = ticker.nanos();
    for (LoadOrder order : List.copyOf(known.values())) {
      boolean own = order.coordinator().equals(homes.self());
      if (own ? runs.containsKey(order.id()) : live.contains(order.coordinator())) {
        orphans.remove(order.id());
      } else if (own || now - orphans.computeIfAbsent(order.id(), _ -> now) >= ORPHAN_NANOS) {
        orders.remove(order.id());
        known.remove(order.id());
      }
    }
    orphans.keySet().retainAll(known.keySet());
  }

  private void work(String id, MemberShare share, @Nullable LoadOrder order, MemberView view) {
    GridLoad run = runs.get(id);
    boolean wanted = order != null && hasShare(order, view) && (run == null || !run.isCancelled());
    if (order == null || !wanted) {
      share.stop();
      if (run == null || share.isAtRest()) {
        shares.remove(id);
        progress.remove(key(id, homes.self()));
      }
      return;
    }
    long limit = order.request().options().bytesPerSecond();
    if (limit > 0) {
      share.limit((double) limit / sum(order).busy());
    }
    share.steer(order, homes, datasets.find(order.datasetUid()));
    share.tell(progress, key(id, homes.self()));
  }

  private void judge(GridLoad run) {
    String id = run.order().id();
    if (run.isCancelled()) {
      MemberShare share = shares.get(id);
      if (share == null || share.isAtRest()) {
        endCancelled(run);
      }
      return;
    }
    run.judge();
    if (run.hasEnded()) {
      forget(run);
    }
  }

  private void endCancelled(GridLoad run) {
    run.endCancelled();
    forget(run);
  }

  private void forget(GridLoad run) {
    String id = run.order().id();
    MemberShare share = shares.remove(id);
    if (share != null) {
      share.stop();
    }
    runs.remove(id);
    orders.remove(id);
    progress.entries().keySet().stream()
        .filter(key -> key.startsWith(id + "/"))
        .forEach(progress::remove);
  }

  /// Takes away what this member told of loads that are over, and, where it leads, what the dead
  /// have left behind.
  private void sweep(Set<String> known) {
    String own = "/" + homes.self();
    boolean leads = homes.ranking().view().isLedBy(homes.self());
    for (String key : progress.entries().keySet()) {
      String id = key.substring(0, Math.max(0, key.indexOf('/')));
      boolean stands = known.contains(id) || runs.containsKey(id) || shares.containsKey(id);
      if (!stands && (leads || key.endsWith(own))) {
        progress.remove(key);
      }
    }
  }

  private MemberShare share(LoadOrder order, @Nullable LoadTargets targets) {
    return new MemberShare(order, homes, ticker, targets, this::wake);
  }

  /// Whether this member has to do with an order: it has capacity, or nobody has and it began it.
  private boolean hasShare(LoadOrder order, MemberView view) {
    boolean any = false;
    for (Member member : view.members()) {
      if (member.weight() > 0) {
        any = true;
        if (member.id().equals(homes.self())) {
          return true;
        }
      }
    }
    return !any && order.coordinator().equals(homes.self());
  }

  private LoadSum sum(LoadOrder order) {
    Map<String, ShareReport> reports = new HashMap<>();
    String prefix = order.id() + "/";
    progress
        .entries()
        .forEach(
            (key, text) -> {
              if (key.startsWith(prefix)) {
                LoadJson.read(text, ShareReport.class)
                    .ifPresent(report -> reports.put(key.substring(prefix.length()), report));
              }
            });
    MemberShare own = shares.get(order.id());
    if (own != null) {
      reports.put(homes.self(), own.report()); // Fresher than what was told.
    }
    return new LoadSum(order, homes.ranking().view(), reports);
  }

  private Map<String, LoadOrder> orders() {
    Map<String, LoadOrder> known = new TreeMap<>();
    orders
        .entries()
        .forEach(
            (id, text) ->
                LoadJson.read(text, LoadOrder.class).ifPresent(order -> known.put(id, order)));
    return known;
  }

  private static String key(String id, String member) {
    return id + "/" + member;
  }
}
