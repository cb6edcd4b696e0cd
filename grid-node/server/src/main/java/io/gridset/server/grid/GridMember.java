package io.gridset.server.grid;

import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleEvent.LifecycleState;
import com.hazelcast.core.LifecycleService;
import io.gridset.client.GridNodeView;
import io.gridset.client.peer.ClusterView;
import io.gridset.core.control.RefusedException;
import io.gridset.core.placement.MemberView;
import io.gridset.core.unit.Ticker;
import io.gridset.server.state.RecordExchange;
import io.gridset.server.state.SharedMaps;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One member of the grid, an embedded Hazelcast. `start` returns at once: joining takes seconds of
/// processor time, and nothing that serves reads waits for it. Until then the view holds those whom
/// this member remembers, or itself alone; a failed start is tried again. Thread-safe; `close()`
/// leaves gracefully.
public final class GridMember implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GridMember.class);

  /// How long `close()` waits for a start under way and for the farewell.
  private static final long CLOSE_SECONDS = 30;

  /// How long a member waits for `join()`: an origin that does not answer must not keep it away.
  private static final long TURN_SECONDS = 3;

  /// Between two attempts to start: what is in the way, such as a port in use, may go.
  private static final Duration RETRY = Duration.ofSeconds(5);

  /// How long the last changes may take to reach the others before a graceful end.
  private static final Duration FAREWELL = Duration.ofSeconds(2);

  private static final Duration GLANCE = Duration.ofMillis(10);

  private final String id;
  private final GridSettings settings;
  private final Ticker ticker;
  private final GridWorker recordWorker;
  private final GridWorker mapWorker;
  private final GridRecords records;
  private final GridMaps maps;
  private final GridNodes nodes;
  private final Roster roster;
  private final DoubleId doubled;
  private final ChangeGate gate;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CountDownLatch turn = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Object viewLock = new Object();
  private volatile boolean killed;
  private volatile Membership membership;
  private volatile ClusterView view;
  private volatile GridStatus status = new GridStatus(GridStatus.Phase.STARTING, 1, "", "");

  private GridMember(GridSettings settings, InstantSource clock) throws IOException {
    this.settings = settings;
    this.id = MemberId.in(settings.directory());
    this.ticker = Ticker.system();
    this.doubled = new DoubleId(id, settings.directory(), ticker);
    this.recordWorker = new GridWorker(ticker);
    this.mapWorker = new GridWorker(ticker);
    this.maps = new GridMaps(mapWorker);
    SealedRecords sealed = SealedRecords.of(settings);
    GridRecords members =
        new GridRecords(MemberConfig.MEMBERS, recordWorker, sealed, () -> {}, () -> true);
    this.roster = Roster.open(settings.directory().resolve("members"), members);
    this.gate = new ChangeGate(settings, roster, this::status, this::seen);
    this.records =
        new GridRecords(
            MemberConfig.RECORDS,
            recordWorker,
            sealed,
            gate,
            () -> gate.isOpen() && members().isLedBy(id));
    this.nodes = new GridNodes(id, settings.self(), maps.map("nodes"), clock);
    recordWorker.add(members);
    recordWorker.add(records);
    this.membership =
        Membership.remembered(isAlone() ? List.of() : roster.known().values(), self());
    this.view = membership.view(Set.of());
    maps.map("nodes").watch(this::refreshView);
  }

  /// Begins to join. A failure is logged and stands in [#status()]; it does not stop the node.
  ///
  /// @throws IOException when the directory cannot be used
  public static GridMember start(GridSettings settings) throws IOException {
    GridMember member = startLater(settings, InstantSource.system());
    member.join();
    return member;
  }

  /// Begins to join when [#join()] says so, or after a few seconds without: what a node does first
  /// has the processors to itself.
  ///
  /// @throws IOException when the directory cannot be used
  public static GridMember startLater(GridSettings settings, InstantSource clock)
      throws IOException {
    GridMember member = new GridMember(settings, clock);
    // A platform thread: Hazelcast's start does seconds of work under locks of its own.
    Thread.ofPlatform().name("gridset-grid").daemon(true).start(member::run);
    return member;
  }

  /// Lets it begin to join; more often than once changes nothing.
  public void join() {
    turn.countDown();
  }

  /// The id under which this node stands in member views; the same after a restart.
  public String id() {
    return id;
  }

  /// The members now; a snapshot, never waiting.
  public MemberView members() {
    return view.members();
  }

  /// The members now, with their data servers; a snapshot, never waiting.
  public ClusterView cluster() {
    return view;
  }

  public GridStatus status() {
    return status;
  }

  /// Manifests and loads, and with a cluster token Secrets, shown to all members.
  public RecordExchange records() {
    return records;
  }

  public SharedMaps maps() {
    return maps;
  }

  /// Takes what this node tells the others of itself, every few seconds; it must return at once.
  public void reportBy(Supplier<NodeReport> report) {
    nodes.reportBy(report);
    mapWorker.wake();
  }

  /// Says where this node stands: one that drains is home to nothing in everybody's view.
  public void setState(GridNodeView.State state) {
    nodes.setState(state);
    nodes.publish(membership, gate.health());
    refreshView();
  }

  /// All that belong to the grid, those included that are gone.
  public List<GridNodeView> nodes() {
    Membership now = membership;
    if (status.phase() != GridStatus.Phase.JOINED) {
      now = Membership.remembered(List.of(), self()); // Remembered is not seen.
    }
    return nodes.list(now, isAlone() ? List.of() : roster.known().values(), gate.health());
  }

  /// Takes a member that is gone for good off those that belong to the grid.
  ///
  /// @param name its name or id
  /// @return false when there is none of that name
  /// @throws RefusedException when it is alive, or several have the name
  public boolean forget(String name) {
    Optional<GridNodeView> gone = Departed.named(name, nodes());
    gone.ifPresent(node -> leave(node.id()));
    return gone.isPresent();
  }

  private void leave(String member) {
    roster.forget(member);
    nodes.remove(member);
  }

  /// Ids of those who belong to the grid, seen or not.
  Set<String> belonging() {
    return roster.known().keySet();
  }

  private boolean isAlone() {
    return settings.discovery() instanceof Discovery.Alone;
  }

  private KnownMember self() {
    GridSettings.Profile profile = settings.self();
    return new KnownMember(id, profile.name(), profile.weight(), profile.data());
  }

  private Set<String> seen() {
    return membership.live().keySet();
  }

  private void run() {
    try {
      boolean _ = turn.await(TURN_SECONDS, TimeUnit.SECONDS);
      while (!closing.get() && attempt()) {
        long until = ticker.nanos() + RETRY.toNanos();
        while (!closing.get() && ticker.nanos() < until) {
          LockSupport.parkNanos(GLANCE.toNanos());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      if (closing.get()) {
        status = new GridStatus(GridStatus.Phase.CLOSED, 0, "", "");
      }
      gate.open();
      ended.countDown();
    }
  }

  /// One life of a Hazelcast member.
  ///
  /// @return whether to try again
  private boolean attempt() throws InterruptedException {
    try {
      HazelcastInstance instance = Hazelcast.newHazelcastInstance(MemberConfig.of(settings, id));
      try {
        serve(instance);
        return !doubled.isForGood();
      } finally {
        end(instance);
      }
    } catch (RuntimeException e) {
      if (!closing.get()) {
        LOG.error("this node is in no grid now; trying again: {}", e.toString());
        LOG.debug("why this node is in no grid", e);
        failed(String.valueOf(e.getMessage()));
      }
      return true;
    }
  }

  private void failed(String message) {
    status = new GridStatus(GridStatus.Phase.FAILED, 1, "", message);
  }

  private void serve(HazelcastInstance instance) throws InterruptedException {
    instance.getCluster().addMembershipListener(new Changes(() -> refresh(instance)));
    LifecycleService life = instance.getLifecycleService();
    life.addLifecycleListener(
        event -> {
          if (event.getState() == LifecycleState.MERGED) {
            merged(instance);
          }
        });
    refresh(instance);
    recordWorker.begin(instance);
    mapWorker.begin(instance);
    Thread mapThread =
        Thread.ofPlatform().name("gridset-grid-maps").daemon(true).start(() -> keep(life));
    try {
      recordWorker.work();
      LOG.info("joined the grid {} at {}", settings.clusterName(), status.address());
      while (!closing.get()
          && life.isRunning()
          && !doubled.isForGood()
          && !recordWorker.isStuck()) {
        settle();
        recordWorker.step();
      }
    } finally {
      farewell(instance);
      mapThread.interrupt();
      // One that waits for a member that hangs is released by Hazelcast's end, which comes next.
      boolean _ = mapThread.join(FAREWELL);
    }
  }

  /// Maps and what this node tells of itself, beside the records: comparing those may wait long.
  private void keep(LifecycleService life) {
    try {
      while (life.isRunning() && !Thread.currentThread().isInterrupted()) {
        nodes.publishWhenDue(membership, gate::health, ticker);
        mapWorker.step();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// What must be so while this member is joined: it stands among those who belong.
  private void settle() {
    if (doubled.observe(membership)) {
      failed(doubled.message());
      if (doubled.isForGood()) {
        LOG.error("this node is no member of the grid: {}", status.message());
        gate.open();
      }
      return;
    }
    if (!isAlone() && recordWorker.isCompared()) {
      if (gate.quorum().holds()) {
        roster.remember(self());
      }
      gate.open();
    }
  }

  private void merged(HazelcastInstance instance) {
    LOG.info("this part of the grid has joined the other after a split");
    refresh(instance);
    maps.merged();
    recordWorker.compareSoon();
    mapWorker.compareSoon();
  }

  private void farewell(HazelcastInstance instance) {
    if (!closing.get() || killed || isAlone() || membership.doubled()) {
      return;
    }
    leave(id);
    recordWorker.work();
    mapWorker.wake();
    long until = ticker.nanos() + FAREWELL.toNanos();
    while (!maps.isSettled()
        && instance.getLifecycleService().isRunning()
        && ticker.nanos() < until) {
      LockSupport.parkNanos(GLANCE.toNanos());
    }
  }

  private void end(HazelcastInstance instance) {
    recordWorker.end();
    mapWorker.end();
    if (killed) {
      instance.getLifecycleService().terminate();
    } else {
      instance.shutdown();
    }
    if (!closing.get() && status.phase() == GridStatus.Phase.JOINED) {
      failed("Hazelcast has ended; starting it again");
    }
  }

  private void refresh(HazelcastInstance instance) {
    synchronized (viewLock) {
      Membership now = Membership.of(instance);
      if (!now.live().keySet().equals(membership.live().keySet())) {
        LOG.info(
            "members of the grid: {}",
            String.join(", ", now.live().values().stream().map(KnownMember::name).toList()));
      }
      membership = now;
      refreshView();
      if (!now.doubled()) {
        String address = instance.getCluster().getLocalMember().getAddress().toString();
        status = new GridStatus(GridStatus.Phase.JOINED, now.live().size(), address, "");
      }
    }
  }

  private void refreshView() {
    synchronized (viewLock) {
      ClusterView now = membership.view(nodes.draining());
      if (!now.equals(view)) {
        view = now;
      }
    }
  }

  /// Ends without a goodbye, as a crash would.
  void kill() {
    killed = true;
    close();
  }

  @Override
  public void close() {
    if (!closing.getAndSet(true)) {
      turn.countDown();
      recordWorker.wake();
    }
    try {
      if (!ended.await(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("the grid member did not end within {} s", CLOSE_SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    roster.close();
  }
}
