package io.gridset.server.grid;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import com.hazelcast.map.listener.EntryAddedListener;
import com.hazelcast.map.listener.EntryUpdatedListener;
import io.gridset.server.state.RecordCodec;
import io.gridset.server.state.RecordExchange;
import io.gridset.server.state.StateRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Records shown to all members through a map, confidential ones sealed; each member opens and
/// journals them. The map may lose them: whoever compares puts what it has. Thread-safe.
final class GridRecords implements RecordExchange, Shared {
  private static final Logger LOG = LoggerFactory.getLogger(GridRecords.class);

  /// Records on their way. When there are more, everything is compared instead.
  private static final int MAX_QUEUED = 10_000;

  /// How long who changes something waits until it is shared.
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

  private final String mapName;
  private final GridWorker worker;
  private final SealedRecords sealed;
  private final Runnable admission;
  private final BooleanSupplier leading;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition progress = lock.newCondition();

  /// How often something was offered, and as far as that all of it has been shared.
  private long offered;

  private long shared;

  /// Something was taken off the queue that only the next comparison shares.
  private boolean skipped;

  private final Map<String, StateRecord> outgoing = new LinkedHashMap<>();
  private final List<String> incoming = new ArrayList<>();
  private volatile @Nullable Participant participant;
  private volatile @Nullable IMap<String, String> map;

  /// @param admission refuses changes by an exception while they must not be made
  /// @param leading whether this member acts for all
  GridRecords(
      String mapName,
      GridWorker worker,
      SealedRecords sealed,
      Runnable admission,
      BooleanSupplier leading) {
    this.mapName = mapName;
    this.worker = worker;
    this.sealed = sealed;
    this.admission = admission;
    this.leading = leading;
  }

  @Override
  public void attach(Participant store) {
    participant = store;
    worker.compareSoon();
  }

  @Override
  public void admitChange() {
    admission.run();
  }

  @Override
  public boolean leads() {
    return leading.getAsBoolean();
  }

  @Override
  public Secrecy secrecy() {
    return sealed.secrecy();
  }

  @Override
  public void offer(List<StateRecord> records) {
    // Before the join there is nobody to offer to; the join compares everything.
    if (map == null || records.isEmpty()) {
      return;
    }
    lock.lock();
    try {
      offered++;
      records.forEach(record -> outgoing.put(record.key(), record));
      shorten(outgoing.size());
    } finally {
      lock.unlock();
    }
    worker.wake();
  }

  @Override
  public boolean awaitShared() {
    lock.lock();
    try {
      long wanted = offered;
      long left = LONGEST_WAIT.toNanos();
      while (shared < wanted && left > 0) {
        left = progress.awaitNanos(left);
      }
      return shared >= wanted;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  private void arrived(String text) {
    lock.lock();
    try {
      incoming.add(text);
      shorten(incoming.size());
    } finally {
      lock.unlock();
    }
    worker.wake();
  }

  private void shorten(int queued) {
    if (queued > MAX_QUEUED) {
      outgoing.clear();
      incoming.clear();
      skipped = true;
      worker.compareSoon();
    }
  }

  private long beginComparison() {
    lock.lock();
    try {
      skipped = false;
      return offered;
    } finally {
      lock.unlock();
    }
  }

  private void sharedUpTo(long number) {
    lock.lock();
    try {
      if (!skipped && number > shared) {
        shared = number;
        progress.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void joined(HazelcastInstance instance) {
    IMap<String, String> records = instance.getMap(mapName);
    records.addEntryListener(
        (EntryAddedListener<String, String>) event -> arrived(event.getValue()), true);
    records.addEntryListener(
        (EntryUpdatedListener<String, String>) event -> arrived(event.getValue()), true);
    map = records;
  }

  @Override
  public void left() {
    map = null;
  }

  @Override
  public void compare() {
    Participant store = participant;
    IMap<String, String> records = map;
    if (store != null && records != null) {
      long before = beginComparison();
      new ArrayList<>(records.values()).forEach(this::receive);
      store.shared().forEach(record -> offerOne(records, record));
      sharedUpTo(before);
    }
  }

  @Override
  public void flush() {
    List<String> received;
    List<StateRecord> leaving;
    long before;
    lock.lock();
    try {
      received = List.copyOf(incoming);
      incoming.clear();
      leaving = List.copyOf(outgoing.values());
      outgoing.clear();
      before = offered;
    } finally {
      lock.unlock();
    }
    received.forEach(this::receive);
    IMap<String, String> records = map;
    if (records != null) {
      leaving.forEach(record -> offerOne(records, record));
      sharedUpTo(before);
    }
  }

  private void receive(String text) {
    Participant store = participant;
    Optional<List<StateRecord>> records = RecordCodec.decode(text);
    if (records.isEmpty()) {
      LOG.warn("a record of another member is not in a form that this version reads");
    } else if (store != null) {
      records.get().stream()
          .flatMap(record -> sealed.open(record).stream())
          .forEach(store::receive);
    }
  }

  /// Puts a record into the map unless one that is as new is there. By compare-and-set: an entry
  /// processor would send code of ours through the serializer. It is sealed only to be put: one key
  /// is good for four thousand million random nonces.
  private void offerOne(IMap<String, String> records, StateRecord record) {
    String theirs = records.get(record.key());
    while (theirs == null || supersedes(record, theirs)) {
      Optional<StateRecord> shown = sealed.seal(record);
      if (shown.isEmpty()) {
        return;
      }
      String mine = RecordCodec.encode(List.of(shown.get()));
      if (theirs == null
          ? records.putIfAbsent(record.key(), mine) == null
          : records.replace(record.key(), theirs, mine)) {
        return;
      }
      theirs = records.get(record.key());
    }
  }

  /// Decided on what was opened, so that all members decide alike. What does not open, or stands
  /// under another's key, is worth nothing.
  private boolean supersedes(StateRecord record, String theirs) {
    return RecordCodec.decode(theirs).orElse(List.of()).stream()
        .limit(1)
        .filter(other -> other.key().equals(record.key()))
        .flatMap(other -> sealed.open(other).stream())
        .allMatch(record::supersedes);
  }
}
