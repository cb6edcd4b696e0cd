package io.gridset.server.read;

import io.gridset.core.block.BlockKey;
import io.gridset.core.block.ByteRange;
import io.gridset.core.cache.Admission;
import io.gridset.core.cache.BlockWriter;
import io.gridset.core.store.RangeSink;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.tree.TreeFile;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Fetches blocks from the origin, each by one flight at a time whoever asks, into the cache, or
/// into a shared buffer when the cache declines. A flight goes on when its readers leave: what was
/// paid for stays. Thread-safe.
final class BlockLoader implements AutoCloseable {
  /// Longest wait for flights at close: their stores are closed next, which ends them.
  private static final long CLOSE_SECONDS = 10;

  private final ReadSettings settings;
  private final ReadStatistics statistics;
  private final ReadThroughBuffers buffers;
  private final Consumer<TreeFile> onChanged;
  private final ConcurrentMap<BlockKey, BlockFlight> flights = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /// @param onChanged told when the store says that a file is another version now
  BlockLoader(
      ReadSettings settings,
      ReadStatistics statistics,
      ReadThroughBuffers buffers,
      Consumer<TreeFile> onChanged) {
    this.settings = settings;
    this.statistics = statistics;
    this.buffers = buffers;
    this.onChanged = onChanged;
  }

  /// The flight that brings `block`: the one under way, made as urgent as `priority`, or a new one.
  /// The caller holds a reference to the session.
  BlockFlight fetch(FileSession session, int block, Priority priority) {
    if (!session.file().identity().hasValidator() && session.layout().blockCount() > 1) {
      return fetchWhole(session, block, priority);
    }
    BlockFlight fresh = new BlockFlight(session.key(block), priority);
    BlockFlight running = flights.putIfAbsent(fresh.key(), fresh);
    if (running != null) {
      hurry(session, running, priority);
      return running;
    }
    session.retain();
    Thread.ofVirtual().name("flight-" + fresh.key()).start(() -> fly(session, fresh));
    return fresh;
  }

  /// Flights that have not taken off fail with CANCELLED; waits, bounded, for the others.
  @Override
  public void close() {
    closed = true;
    Phaser airborne = new Phaser(1);
    for (BlockFlight flight : flights.values()) {
      airborne.register();
      flight.whenLanded(_ -> airborne.arriveAndDeregister());
    }
    try {
      airborne.awaitAdvanceInterruptibly(airborne.arrive(), CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (TimeoutException e) {
      // The stores' own deadlines end them.
    }
  }

  /// Fetches `block` past cache and flights, for a reader from whom it was evicted again and again.
  SharedBuffer readThrough(FileSession session, int block) throws StorageException {
    ByteRange range = session.layout().range(block);
    try (RequestGate.Permit _ =
            session.gate().enter(range.length(), () -> Priority.DEMAND, settings.patience());
        ReadThroughBuffers.Filling filling =
            buffers.acquire((int) range.length(), settings.patience())) {
      return fill(session, range, filling);
    }
  }

  private static void hurry(FileSession session, BlockFlight running, Priority priority) {
    if (running.raise(priority)) {
      session.gate().reconsider();
    }
  }

  private void fly(FileSession session, BlockFlight flight) {
    FlightOutcome outcome;
    long bytes = session.layout().range(flight.key().index()).length();
    try (RequestGate.Permit _ =
        session.gate().enter(bytes, flight::priority, settings.patience())) {
      outcome = load(session, flight);
    } catch (StorageException e) {
      outcome = failed(session, e);
    } catch (RuntimeException | Error e) {
      outcome = unexpected(e);
    }
    finish(session, flight, outcome);
  }

  private void finish(FileSession session, BlockFlight flight, FlightOutcome outcome) {
    // Whoever looks now finds the block in the cache or among the kept buffers, not a flight.
    flights.remove(flight.key(), flight);
    flight.land(outcome);
    if (outcome instanceof FlightOutcome.Buffered(var buffer)) {
      buffer.release();
    }
    session.release();
  }

  private FlightOutcome failed(FileSession session, StorageException e) {
    if (e.kind() == Kind.CHANGED) {
      onChanged.accept(session.file());
    }
    return new FlightOutcome.Failed(e);
  }

  private static FlightOutcome unexpected(Throwable e) {
    return new FlightOutcome.Failed(
        StorageException.of(Kind.UNAVAILABLE, "loading a block failed: " + e, e));
  }

  private FlightOutcome load(FileSession session, BlockFlight flight) throws StorageException {
    if (closed) {
      throw StorageException.of(Kind.CANCELLED, "the dataset is being stopped");
    }
    if (!settings.homes().isHere(flight.key())) {
      statistics.awayFromHome.increment();
    }
    return switch (session.cached().admit(flight.key().index())) {
      case Admission.AlreadyPresent() -> new FlightOutcome.Published();
      case Admission.Declined(var reason) -> declined(session, flight, reason);
      case Admission.Admitted(var writer) -> {
        try (writer) {
          read(session, session.layout().range(flight.key().index()), writer);
          writer.publish();
        }
        yield new FlightOutcome.Published();
      }
    };
  }

  private FlightOutcome declined(FileSession session, BlockFlight flight, String reason)
      throws StorageException {
    SharedBuffer before = buffers.find(flight.key());
    if (before != null) {
      return new FlightOutcome.Buffered(before);
    }
    ByteRange range = session.layout().range(flight.key().index());
    boolean demanded = flight.priority() == Priority.DEMAND;
    if (!demanded && flight.priority() == Priority.LOAD) {
      return new FlightOutcome.Refused(reason);
    }
    Optional<ReadThroughBuffers.Filling> room =
        demanded
            ? Optional.of(buffers.acquire((int) range.length(), settings.patience()))
            : buffers.tryAcquire((int) range.length());
    if (room.isEmpty()) {
      return new FlightOutcome.Refused(reason);
    }
    try (ReadThroughBuffers.Filling filling = room.get()) {
      SharedBuffer filled = fill(session, range, filling);
      buffers.keep(flight.key(), filled);
      return new FlightOutcome.Buffered(filled);
    }
  }

  private SharedBuffer fill(
      FileSession session, ByteRange range, ReadThroughBuffers.Filling filling)
      throws StorageException {
    read(
        session,
        range,
        bytes -> {
          if (bytes.remaining() > filling.buffer().remaining()) {
            throw StorageException.of(Kind.CORRUPT, "the store sent more than was asked for");
          }
          statistics.readThrough.add(bytes.remaining());
          filling.buffer().put(bytes);
        });
    if (filling.buffer().position() != range.length()) {
      throw StorageException.of(Kind.CORRUPT, "the store sent less than was asked for");
    }
    return filling.finish();
  }

  private void read(FileSession session, ByteRange range, RangeSink sink) throws StorageException {
    TreeFile file = session.file();
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

  /// Without a validator two requests may see two versions, so one request brings all blocks.
  private BlockFlight fetchWhole(FileSession session, int block, Priority priority) {
    synchronized (session) {
      BlockFlight running = flights.get(session.key(block));
      if (running != null) {
        hurry(session, running, priority);
        return running;
      }
      BlockFlight[] run = new BlockFlight[session.layout().blockCount()];
      for (int i = 0; i < run.length; i++) {
        run[i] = new BlockFlight(session.key(i), priority);
        flights.put(run[i].key(), run[i]);
        session.retain();
      }
      Thread.ofVirtual().name("flight-" + session.key(0)).start(() -> flyWhole(session, run));
      return run[block];
    }
  }

  private void flyWhole(FileSession session, BlockFlight[] run) {
    FlightOutcome outcome;
    try (RequestGate.Permit _ =
        session
            .gate()
            .enter(session.layout().fileBytes(), () -> mostUrgent(run), settings.patience())) {
      loadWhole(session, run.length);
      outcome = new FlightOutcome.Published();
    } catch (StorageException e) {
      outcome = failed(session, e);
    } catch (RuntimeException | Error e) {
      outcome = unexpected(e);
    }
    synchronized (session) {
      for (BlockFlight flight : run) {
        flights.remove(flight.key(), flight);
      }
    }
    for (BlockFlight flight : run) {
      finish(session, flight, outcome);
    }
  }

  private static Priority mostUrgent(BlockFlight[] run) {
    Priority best = Priority.LOAD;
    for (BlockFlight flight : run) {
      best = flight.priority().compareTo(best) < 0 ? flight.priority() : best;
    }
    return best;
  }

  private void loadWhole(FileSession session, int blocks) throws StorageException {
    if (closed) {
      throw StorageException.of(Kind.CANCELLED, "the dataset is being stopped");
    }
    @Nullable BlockWriter[] writers = new BlockWriter[blocks];
    try {
      int present = 0;
      for (int i = 0; i < blocks; i++) {
        switch (session.cached().admit(i)) {
          case Admission.Admitted(var writer) -> writers[i] = writer;
          case Admission.AlreadyPresent() -> present++;
          case Admission.Declined(var reason) ->
              throw StorageException.of(Kind.NO_SPACE, mustBeWhole(session) + reason);
        }
      }
      if (present == blocks) {
        return;
      }
      if (present > 0) {
        throw StorageException.of(
            Kind.UNSUPPORTED, mustBeWhole(session) + "only a part is left of it; evict it");
      }
      read(
          session, new ByteRange(0, session.layout().fileBytes()), new WholeSink(session, writers));
      for (BlockWriter writer : writers) {
        if (writer != null) {
          writer.publish();
        }
      }
    } finally {
      for (BlockWriter writer : writers) {
        if (writer != null) {
          writer.close();
        }
      }
    }
  }

  private static String mustBeWhole(FileSession session) {
    return session.file().entry().path()
        + ": the store tells no version (neither ETag nor Last-Modified), so the file must be"
        + " cached as a whole: ";
  }
}
