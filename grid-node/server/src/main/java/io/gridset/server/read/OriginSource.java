package io.gridset.server.read;

import io.gridset.core.block.ByteRange;
import io.gridset.core.store.RangeSink;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.UnderStore;
import io.gridset.server.tree.TreeFile;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/// Brings blocks from the stores, through each store's gate and counted. The gate is held only
/// while the store is asked: were it held while another member is waited for, two members' gates
/// could wait for each other. Thread-safe.
final class OriginSource implements BlockSource {
  private final ReadStatistics statistics;
  private final Duration patience;
  private final ConcurrentMap<UnderStore, RequestGate> gates = new ConcurrentHashMap<>();

  /// @param patience longest wait for a place at a store
  OriginSource(ReadStatistics statistics, Duration patience) {
    this.statistics = statistics;
    this.patience = patience;
  }

  @Override
  public void bring(BlockWish wish, BlockLanding landing) throws StorageException {
    try (RequestGate.Permit _ = enter(wish.file(), wish.range().length(), wish.course())) {
      landing.begin();
      read(wish.file(), wish.range(), landing);
    }
  }

  /// Waits for a place at the file's store; from now on nobody but the origin is waited for.
  RequestGate.Permit enter(TreeFile file, long bytes, FlightCourse course) throws StorageException {
    course.fromOrigin();
    RequestGate gate = gates.computeIfAbsent(file.mount().store(), _ -> new RequestGate());
    try (FlightCourse.Watch _ = course.watch(gate::reconsider)) {
      return gate.enter(bytes, course::priority, patience);
    }
  }

  /// One counted read of the store; the caller has a permit.
  void read(TreeFile file, ByteRange range, RangeSink sink) throws StorageException {
    statistics.requests.increment();
    file.mount()
        .store()
        .read(
            file.storePath(),
            file.identity(),
            range,
            bytes -> {
              statistics.origin.add(bytes.remaining());
              sink.accept(bytes);
            });
  }
}
