package io.gridset.server.object.grid;

import io.gridset.client.peer.ClusterView;
import io.gridset.client.peer.PeerAddress;
import io.gridset.client.peer.Peers;
import io.gridset.core.object.Staging;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.object.LocalObjectStore;
import io.gridset.server.object.ObjectRecord;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Brings objects to this node from those that hold them: once, however many ask for one at the
/// same time. Thread-safe.
final class ObjectFetcher {
  /// Objects on their way at once; each has a few ranges in flight, and memory taken for all of it.
  private static final int MOST_AT_ONCE = 8;

  private final Supplier<ClusterView> cluster;
  private final Peers peers;
  private final LocalObjectStore store;
  private final Function<ObjectRecord, List<String>> holders;
  private final Map<String, FutureTask<ObjectRecord>> flights = new ConcurrentHashMap<>();
  private final Semaphore places = new Semaphore(MOST_AT_ONCE, true);

  /// @param holders ids of those that hold an object now, this node left out
  ObjectFetcher(
      Supplier<ClusterView> cluster,
      Peers peers,
      LocalObjectStore store,
      Function<ObjectRecord, List<String>> holders) {
    this.cluster = cluster;
    this.peers = peers;
    this.store = store;
    this.holders = holders;
  }

  /// Returns when the object's bytes are here, checked.
  ///
  /// @throws StorageException UNAVAILABLE when nobody who holds it can be reached; NO_SPACE
  void fetch(ObjectRecord record) throws StorageException {
    FutureTask<ObjectRecord> mine = new FutureTask<>(() -> land(record), record);
    FutureTask<ObjectRecord> flight = flights.computeIfAbsent(record.id(), _ -> mine);
    if (flight == mine) {
      // A thread of its own: who asked may be interrupted, and others may wait by then.
      Thread.ofVirtual()
          .name("object-" + record.id())
          .start(
              () -> {
                mine.run();
                flights.remove(record.id(), mine);
              });
    }
    try {
      ObjectRecord _ = flight.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Failed failed ? failed.cause.again() : unexpected(record, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw StorageException.of(Kind.CANCELLED, "interrupted while fetching " + record.name(), e);
    }
  }

  private static StorageException unexpected(ObjectRecord record, ExecutionException e) {
    return StorageException.of(
        Kind.UNAVAILABLE, "fetching " + record.name() + " failed: " + e.getCause(), e);
  }

  /// A failure on its way through a future.
  private static final class Failed extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final transient StorageException cause;

    Failed(StorageException cause) {
      super(cause);
      this.cause = cause;
    }
  }

  private void land(ObjectRecord record) {
    try {
      places.acquire();
      try {
        bring(record);
      } finally {
        places.release();
      }
    } catch (StorageException e) {
      throw new Failed(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failed(StorageException.of(Kind.CANCELLED, "interrupted", e));
    }
  }

  private void bring(ObjectRecord record) throws StorageException, InterruptedException {
    if (store.holds(record.id())) {
      return;
    }
    try (Staging landing = store.stage(record.name().namespace(), record.info().bytes())) {
      new RangeTransfer(record, new Sources(record), landing).run();
      store.adopt(record, landing);
    }
  }

  /// Where the ranges of one object come from. Whoever has failed is not asked again.
  private final class Sources implements RangeTransfer.Sources {
    private final ObjectRecord record;
    private final Map<String, StorageException> failed = new ConcurrentHashMap<>();

    Sources(ObjectRecord record) {
      this.record = record;
    }

    @Override
    public RangeTransfer.Source choose(int turn) throws StorageException {
      List<String> left =
          holders.apply(record).stream()
              .filter(id -> !failed.containsKey(id) && cluster.get().address(id).isPresent())
              .toList();
      if (left.isEmpty()) {
        throw none();
      }
      String id = left.get(Math.floorMod(turn, left.size()));
      PeerAddress address = cluster.get().address(id).orElseThrow(this::none);
      return new RangeTransfer.Source(id, address, peers);
    }

    @Override
    public void failed(String id, StorageException failure) {
      failed.put(id, failure);
    }

    private StorageException none() {
      String told = String.join("; ", failed.values().stream().map(Throwable::getMessage).toList());
      String message =
          "the object "
              + record.name()
              + " cannot be fetched: no node that holds it can be reached"
              + (told.isEmpty() ? "" : " (" + told + ")");
      @Nullable StorageException cause = failed.values().stream().findFirst().orElse(null);
      return cause == null
          ? StorageException.retryable(Kind.UNAVAILABLE, message)
          : StorageException.retryable(Kind.UNAVAILABLE, message, cause);
    }
  }
}
