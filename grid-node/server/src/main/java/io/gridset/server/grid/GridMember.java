package io.gridset.server.grid;

import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleEvent;
import com.hazelcast.map.IMap;
import com.hazelcast.map.listener.EntryAddedListener;
import com.hazelcast.map.listener.EntryUpdatedListener;
import io.gridset.core.placement.Member;
import io.gridset.core.placement.MemberView;
import io.gridset.server.state.RecordCodec;
import io.gridset.server.state.RecordExchange;
import io.gridset.server.state.StateRecord;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One member of the grid, an embedded Hazelcast. `start` returns at once: joining takes seconds of
/// processor time, and nothing that serves reads waits for it. Until then, and when it fails, the
/// member view holds this node alone. Thread-safe; `close()` leaves gracefully.
public final class GridMember implements RecordExchange, Supplier<MemberView>, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GridMember.class);

  /// Work that waits for the grid. When it is full the work is dropped and everything is compared
  /// anew instead, so nothing is lost.
  private static final int MAX_QUEUED = 10_000;

  /// How long `close()` waits for a start under way and for the farewell.
  private static final long CLOSE_SECONDS = 30;

  /// How long a member waits for `join()`: an origin that does not answer must not keep it away.
  private static final long TURN_SECONDS = 3;

  private final String id = UUID.randomUUID().toString();
  private final GridSettings settings;
  private final LinkedBlockingQueue<Runnable> work = new LinkedBlockingQueue<>(MAX_QUEUED);
  private final AtomicBoolean closing = new AtomicBoolean();
  private final AtomicBoolean compareAll = new AtomicBoolean();
  private final CountDownLatch turn = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Object viewLock = new Object();
  private volatile MemberView view;
  private volatile GridStatus status = new GridStatus(GridStatus.Phase.STARTING, 1, "", "");
  private volatile @Nullable Participant participant;
  private volatile @Nullable HazelcastInstance hazelcast;

  private GridMember(GridSettings settings) {
    this.settings = settings;
    this.view = MemberView.of(List.of(new Member(id, settings.weight())));
  }

  /// Begins to join. A failure is logged and stands in [#status()]; it does not stop the node.
  public static GridMember start(GridSettings settings) {
    GridMember member = startLater(settings);
    member.join();
    return member;
  }

  /// Begins to join when [#join()] says so, or after a few seconds without: what a node does first
  /// has the processors to itself.
  public static GridMember startLater(GridSettings settings) {
    GridMember member = new GridMember(settings);
    // A platform thread: Hazelcast's start does seconds of work under locks of its own.
    Thread.ofPlatform().name("gridset-grid").daemon(true).start(member::run);
    return member;
  }

  /// Lets it begin to join; more often than once changes nothing.
  public void join() {
    turn.countDown();
  }

  /// The id under which this node stands in member views.
  public String id() {
    return id;
  }

  /// The members now; a snapshot, never waiting.
  @Override
  public MemberView get() {
    return view;
  }

  public GridStatus status() {
    return status;
  }

  @Override
  public void attach(Participant store) {
    participant = store;
    compareAll.set(true);
    work.offer(() -> {});
  }

  @Override
  public void offer(List<StateRecord> records) {
    // Before the join there is nothing to offer to; the join compares everything.
    if (hazelcast != null) {
      records.forEach(record -> enqueue(() -> offerOne(record)));
    }
  }

  private void run() {
    try {
      boolean _ = turn.await(TURN_SECONDS, TimeUnit.SECONDS);
      if (closing.get()) {
        return;
      }
      HazelcastInstance instance = Hazelcast.newHazelcastInstance(MemberConfig.of(settings, id));
      try {
        serve(instance);
      } finally {
        instance.shutdown();
      }
    } catch (RuntimeException e) {
      LOG.error("this node is alone: the grid member does not run", e);
      status = new GridStatus(GridStatus.Phase.FAILED, 1, "", String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      hazelcast = null;
      if (closing.get()) {
        status = new GridStatus(GridStatus.Phase.CLOSED, 0, "", "");
      }
      ended.countDown();
    }
  }

  private void serve(HazelcastInstance instance) throws InterruptedException {
    instance.getCluster().addMembershipListener(new ViewListener(instance));
    instance
        .getLifecycleService()
        .addLifecycleListener(
            event -> {
              if (event.getState() == LifecycleEvent.LifecycleState.MERGED) {
                compareAll.set(true);
                work.offer(() -> {});
              }
            });
    IMap<String, String> records = instance.getMap(MemberConfig.RECORDS);
    records.addEntryListener(
        (EntryAddedListener<String, String>) event -> arrived(event.getValue()), true);
    records.addEntryListener(
        (EntryUpdatedListener<String, String>) event -> arrived(event.getValue()), true);
    hazelcast = instance;
    refreshView(instance);
    LOG.info("joined the grid {} as {}", settings.clusterName(), status.address());
    compareAll.set(true);
    while (!closing.get()) {
      if (participant != null && compareAll.getAndSet(false)) {
        guarded(() -> compareAll(records));
      }
      Runnable next = work.poll(1, TimeUnit.SECONDS);
      if (next != null) {
        guarded(next);
      }
    }
  }

  /// A failed exchange is tried again with everything, so that no record is missed.
  private void guarded(Runnable exchange) {
    try {
      exchange.run();
    } catch (RuntimeException e) {
      if (!closing.get()) {
        LOG.warn("records could not be exchanged with the grid; trying again", e);
        compareAll.set(true);
      }
    }
  }

  private void enqueue(Runnable exchange) {
    if (!work.offer(exchange)) {
      compareAll.set(true);
    }
  }

  private void arrived(String text) {
    enqueue(() -> receive(text));
  }

  private void receive(String text) {
    Participant store = participant;
    Optional<List<StateRecord>> records = RecordCodec.decode(text);
    if (records.isEmpty()) {
      LOG.warn("a record of another member is not in a form that this version reads");
    } else if (store != null) {
      records.get().forEach(store::receive);
    }
  }

  private void compareAll(IMap<String, String> records) {
    Participant store = participant;
    if (store == null) {
      return;
    }
    new ArrayList<>(records.values()).forEach(this::receive);
    store.shared().forEach(this::offerOne);
  }

  /// Puts a record into the map unless a newer one is there. By compare-and-set: an entry processor
  /// would send code of ours through the serializer.
  private void offerOne(StateRecord record) {
    HazelcastInstance instance = hazelcast;
    if (instance == null) {
      return;
    }
    IMap<String, String> records = instance.getMap(MemberConfig.RECORDS);
    String mine = RecordCodec.encode(List.of(record));
    String theirs = records.putIfAbsent(record.key(), mine);
    while (theirs != null && supersedes(record, theirs)) {
      if (records.replace(record.key(), theirs, mine)) {
        return;
      }
      theirs = records.putIfAbsent(record.key(), mine);
    }
  }

  private static boolean supersedes(StateRecord record, String theirs) {
    List<StateRecord> other = RecordCodec.decode(theirs).orElse(List.of());
    return other.isEmpty() || record.supersedes(other.getFirst());
  }

  private void refreshView(HazelcastInstance instance) {
    synchronized (viewLock) {
      List<Member> members =
          instance.getCluster().getMembers().stream()
              .map(GridMember::member)
              .sorted(Comparator.comparing(Member::id))
              .toList();
      if (!members.equals(view.members())) {
        view = MemberView.of(members);
      }
      String address = instance.getCluster().getLocalMember().getAddress().toString();
      status = new GridStatus(GridStatus.Phase.JOINED, members.size(), address, "");
    }
  }

  private static Member member(com.hazelcast.cluster.Member member) {
    String id = member.getAttribute(MemberConfig.ID_ATTRIBUTE);
    String weight = member.getAttribute(MemberConfig.WEIGHT_ATTRIBUTE);
    return new Member(
        id == null ? member.getUuid().toString() : id,
        weight == null ? 0 : Double.parseDouble(weight));
  }

  @Override
  public void close() {
    if (!closing.getAndSet(true)) {
      work.clear();
      work.offer(() -> {});
      turn.countDown();
    }
    try {
      if (!ended.await(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("the grid member did not end within {} s", CLOSE_SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private final class ViewListener implements MembershipListener {
    private final HazelcastInstance instance;

    ViewListener(HazelcastInstance instance) {
      this.instance = instance;
    }

    @Override
    public void memberAdded(MembershipEvent event) {
      refreshView(instance);
    }

    @Override
    public void memberRemoved(MembershipEvent event) {
      refreshView(instance);
    }
  }
}
