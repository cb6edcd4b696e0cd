package io.gridset.server.object.grid;

import io.gridset.server.state.RecordExchange;
import io.gridset.server.state.RecordStore;
import io.gridset.server.state.SharedTable;
import io.gridset.server.state.StateRecord;
import io.gridset.server.state.TableEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What this node knows of the grid's names, on its disk: names and holders without payloads, and
/// what was deleted, so that the loss of the grid's memory brings nothing deleted back and loses no
/// name without a word. Written behind by a thread of its own. Thread-safe.
final class NameJournal implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NameJournal.class);
  private static final Duration END = Duration.ofSeconds(5);

  private final SharedTable table;
  private final RecordStore store;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();
  private final Set<String> due = new LinkedHashSet<>();
  private final AutoCloseable watch;
  private final Thread thread;
  private boolean closed;

  private NameJournal(SharedTable table, RecordStore store) {
    this.table = table;
    this.store = store;
    watch = table.watch(this::changed);
    thread = Thread.ofPlatform().daemon().name("gridset-objects-journal").start(this::run);
  }

  /// Opens the journal of a directory, and tells `table` what it holds.
  ///
  /// @throws IOException also when another process uses the directory
  static NameJournal open(Path directory, SharedTable table) throws IOException {
    RecordStore store = RecordStore.open(directory, RecordExchange.alone(), _ -> false);
    store.tombstones().forEach(old -> table.remember(old.key(), TableEntry.deleted(old.version())));
    for (StateRecord record : store.live()) {
      EntryCodec.read(String.valueOf(record.body()), null)
          .map(EntryCodec::encode)
          .ifPresent(body -> remember(table, record, body));
    }
    return new NameJournal(table, store);
  }

  private static void remember(SharedTable table, StateRecord record, ByteBuffer body) {
    table.remember(record.key(), TableEntry.of(record.version(), body));
  }

  private void changed(String key) {
    lock.lock();
    try {
      due.add(key);
      news.signal();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try {
      List<String> keys = await();
      while (!keys.isEmpty()) {
        write(keys);
        keys = await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Waits for changes; none once it is closed and all are written.
  private List<String> await() throws InterruptedException {
    lock.lock();
    try {
      while (due.isEmpty() && !closed) {
        news.await();
      }
      List<String> keys = List.copyOf(due);
      due.clear();
      return keys;
    } finally {
      lock.unlock();
    }
  }

  /// Returns when what is known of a name is on the disk: no deletion is forgotten that was
  /// answered.
  void sync(String key) {
    write(List.of(key));
  }

  private void write(List<String> keys) {
    List<StateRecord> batch = new ArrayList<>(keys.size());
    for (String key : keys) {
      table.find(key).map(entry -> record(key, entry)).ifPresent(batch::add);
    }
    try {
      store.keep(batch);
    } catch (UncheckedIOException e) {
      LOG.warn("names of objects are not on the disk: {}", e.getMessage());
    }
  }

  private static StateRecord record(String key, TableEntry entry) {
    return EntryCodec.decode(entry)
        .map(
            known ->
                new StateRecord(key, entry.version(), known.info().id(), EntryCodec.text(known)))
        .orElseGet(() -> new StateRecord(key, entry.version(), "", null));
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      news.signal();
    } finally {
      lock.unlock();
    }
    try (store;
        watch) {
      boolean _ = thread.join(END);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      throw new IllegalStateException("ending a watch does not fail", e);
    }
  }
}
