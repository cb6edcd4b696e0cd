package io.gridset.server.state;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The records of this node: in memory, in the journal before a write returns, and offered to the
/// other members. Thread-safe; reads never wait for disk or network longer than one append.
public final class RecordStore implements AutoCloseable, RecordExchange.Participant {
  private static final Logger LOG = LoggerFactory.getLogger(RecordStore.class);

  /// Below this a journal is not worth rewriting.
  private static final long COMPACTION_FLOOR_BYTES = 1 << 20;

  /// A journal this many times as long as after its last compaction is rewritten.
  private static final int COMPACTION_FACTOR = 4;

  /// Tombstones kept so that a member that was away does not bring a deleted record back.
  private static final int MAX_TOMBSTONES = 10_000;

  private final Journal journal;
  private final RecordExchange exchange;
  private final Predicate<String> sharedKeys;
  private final List<Runnable> watchers = new CopyOnWriteArrayList<>();
  private final Object lock = new Object();
  private final Map<String, StateRecord> records = new HashMap<>();
  private long clock;
  private long compactedBytes;
  private boolean closed;

  /// With less left of the file system it is told as nearly full.
  private static final long SPARE_BYTES = 1 << 20;

  /// Why the last write failed; null when it did not.
  private volatile @Nullable String failure;

  private final AtomicBoolean probing = new AtomicBoolean();

  private RecordStore(Journal journal, RecordExchange exchange, Predicate<String> sharedKeys) {
    this.journal = journal;
    this.exchange = exchange;
    this.sharedKeys = sharedKeys;
  }

  /// Opens the store of a state directory.
  ///
  /// @param sharedKeys which records other members may see
  /// @throws IOException also when another process uses the directory
  public static RecordStore open(
      Path directory, RecordExchange exchange, Predicate<String> sharedKeys) throws IOException {
    Journal.Opened opened = Journal.open(directory);
    if (opened.damagedLines() > 0) {
      LOG.warn("{} damaged lines of the journal in {} left out", opened.damagedLines(), directory);
    }
    RecordStore store = new RecordStore(opened.journal(), exchange, sharedKeys);
    synchronized (store.lock) {
      opened.records().forEach(store::keepIfNewer);
      store.compactedBytes = opened.journal().lengthBytes();
    }
    exchange.attach(store);
    return store;
  }

  /// The record of a key, unless it is deleted.
  public Optional<StateRecord> find(String key) {
    synchronized (lock) {
      return Optional.ofNullable(records.get(key)).filter(record -> !record.isTombstone());
    }
  }

  /// All records that are not deleted, by key.
  public List<StateRecord> live() {
    return select(record -> !record.isTombstone());
  }

  /// What was deleted, by key, as far back as is remembered.
  public List<StateRecord> tombstones() {
    return select(StateRecord::isTombstone);
  }

  private List<StateRecord> select(Predicate<StateRecord> wanted) {
    synchronized (lock) {
      return records.values().stream()
          .filter(wanted)
          .sorted(Comparator.comparing(StateRecord::key))
          .toList();
    }
  }

  /// Writes all changes or none; returns when they are on the disk.
  ///
  /// @throws UncheckedIOException when the disk fails; then nothing has changed
  public void write(List<RecordChange> changes) {
    if (changes.isEmpty()) {
      return;
    }
    List<StateRecord> batch = new ArrayList<>();
    synchronized (lock) {
      long version = clock;
      for (RecordChange change : changes) {
        batch.add(new StateRecord(change.key(), ++version, change.uid(), change.body()));
      }
      append(batch);
    }
    exchange.offer(batch.stream().filter(record -> sharedKeys.test(record.key())).toList());
    watchers.forEach(Runnable::run);
  }

  @Override
  public void receive(StateRecord record) {
    synchronized (lock) {
      if (closed || !sharedKeys.test(record.key()) || !isNews(record)) {
        return;
      }
      append(List.of(record));
    }
    watchers.forEach(Runnable::run);
  }

  @Override
  public List<StateRecord> shared() {
    return select(record -> sharedKeys.test(record.key()));
  }

  /// Calls `listener` after every change, on the thread that made it; it must return at once.
  public void watch(Runnable listener) {
    watchers.add(listener);
  }

  /// What is wrong with the journal, a sentence each: the last write failed, or the file system is
  /// all but full. Returns at once; after a failure it also begins to look whether writing works
  /// again.
  public List<String> health() {
    List<String> wrong = new ArrayList<>();
    String failed = failure;
    if (failed != null) {
      wrong.add(failed);
      if (probing.compareAndSet(false, true)) {
        Thread.ofVirtual().name("gridset-journal-probe").start(this::probe);
      }
    }
    try {
      long left = journal.usableBytes();
      if (left < SPARE_BYTES) {
        wrong.add(
            "the file system of the state directory "
                + journal.directory()
                + " is full but for "
                + left
                + " bytes: changes will be refused; make room there");
      }
    } catch (IOException e) {
      wrong.add("the state directory " + journal.directory() + " cannot be looked at: " + e);
    }
    return wrong;
  }

  private void probe() {
    synchronized (lock) {
      try {
        if (!closed) {
          journal.probe();
          failure = null;
        }
      } catch (IOException e) {
        failure = unwritable(e);
      } finally {
        probing.set(false);
      }
    }
  }

  private String unwritable(IOException e) {
    return "the journal in " + journal.directory() + " cannot be written: " + e.getMessage();
  }

  private boolean isNews(StateRecord record) {
    return record.supersedes(records.get(record.key()));
  }

  private void append(List<StateRecord> batch) {
    try {
      journal.append(batch);
      failure = null;
    } catch (IOException e) {
      String why = unwritable(e);
      failure = why;
      throw new UncheckedIOException(why, e);
    }
    batch.forEach(this::keepIfNewer);
    if (journal.lengthBytes() > COMPACTION_FLOOR_BYTES
        && journal.lengthBytes() > COMPACTION_FACTOR * compactedBytes) {
      compact();
    }
  }

  /// A failure is only logged: the long journal stays good.
  private void compact() {
    List<StateRecord> tombstones =
        records.values().stream()
            .filter(StateRecord::isTombstone)
            .sorted(Comparator.comparingLong(StateRecord::version).reversed())
            .toList();
    tombstones.stream().skip(MAX_TOMBSTONES).forEach(record -> records.remove(record.key()));
    try {
      journal.compact(records.values());
      compactedBytes = journal.lengthBytes();
    } catch (IOException e) {
      LOG.warn("the journal could not be compacted", e);
    }
  }

  private void keepIfNewer(StateRecord record) {
    clock = Math.max(clock, record.version());
    if (isNews(record)) {
      records.put(record.key(), record);
    }
  }

  @Override
  public void close() {
    synchronized (lock) {
      if (closed) {
        return;
      }
      closed = true;
      try {
        journal.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
