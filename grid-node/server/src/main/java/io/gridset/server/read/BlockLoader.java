package io.gridset.server.read;

import io.gridset.core.block.BlockKey;
import io.gridset.core.block.ByteRange;
import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.Admission;
import io.gridset.core.cache.BlockWriter;
import io.gridset.core.cache.Purpose;
import io.gridset.core.dataset.Copies;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.tree.TreeFile;
import java.util.BitSet;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Brings blocks here, each by one flight at a time whoever asks, into the cache, or into a shared
/// buffer when the cache declines. A flight goes on when its readers leave: what was paid for
/// stays. Thread-safe.
final class BlockLoader implements AutoCloseable {
  /// Longest wait for flights at close: their stores are closed next, which ends them.
  private static final long CLOSE_SECONDS = 10;

  private final String datasetUid;
  private final ReadSettings settings;
  private final ReadStatistics statistics;
  private final ReadThroughBuffers buffers;
  private final Consumer<TreeFile> onChanged;
  private final OriginSource origin;
  private final BlockSource source;
  private final ConcurrentMap<BlockKey, BlockFlight> flights = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /// @param onChanged told when the store says that a file is another version now
  BlockLoader(
      String datasetUid,
      ReadSettings settings,
      ReadStatistics statistics,
      ReadThroughBuffers buffers,
      Consumer<TreeFile> onChanged) {
    this.datasetUid = datasetUid;
    this.settings = settings;
    this.statistics = statistics;
    this.buffers = buffers;
    this.onChanged = onChanged;
    origin = new OriginSource(statistics, settings.patience());
    source = settings.sources().apply(origin);
  }

  /// The flight that brings `block`: the one under way, made as urgent as `priority`, or a new one.
  /// The caller holds a reference to the session.
  BlockFlight fetch(FileSession session, int block, Priority priority) {
    return fetch(session, block, FlightCourse.asking(priority));
  }

  /// The same for another member that asks this one as the home: it never asks others as homes.
  BlockFlight fetchAsHome(FileSession session, int block) {
    BlockFlight flight = fetch(session, block, FlightCourse.asHome(Priority.PEER));
    flight.course().takeTheHomesPlace();
    return flight;
  }

  /// The flight that brings this block from the origin now; null when there is none.
  @Nullable BlockFlight fromOrigin(BlockKey key) {
    BlockFlight flight = flights.get(key);
    return flight != null && flight.course().stage() == FlightCourse.Stage.FROM_ORIGIN
        ? flight
        : null;
  }

  /// The blocks of a file version that come from the origin now.
  BitSet comingFromOrigin(FileVersion version) {
    BitSet coming = new BitSet();
    for (BlockKey key : flights.keySet()) {
      if (key.version().equals(version) && fromOrigin(key) != null) {
        coming.set(key.index());
      }
    }
    return coming;
  }

  private BlockFlight fetch(FileSession session, int block, FlightCourse course) {
    if (isIndivisible(session)) {
      return fetchWhole(session, block, course);
    }
    BlockFlight fresh = new BlockFlight(session.key(block), course);
    BlockFlight running = flights.putIfAbsent(fresh.key(), fresh);
    if (running != null) {
      running.course().raise(course.priority());
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
    FlightCourse course = FlightCourse.asking(Priority.DEMAND);
    int length = (int) session.layout().range(block).length();
    FlightLanding.Rooms buffer =
        () ->
            new FlightLanding.Room.Taken(
                new BufferWriter(buffers.acquire(length, settings.patience())));
    try (FlightLanding landing = new FlightLanding(course, statistics, buffer)) {
      sourceOf(session).bring(wish(session, block, course), landing);
      if (landing.publish() instanceof FlightOutcome.Buffered(var filled)) {
        return filled;
      }
      throw new IllegalStateException("a buffer was asked for");
    }
  }

  /// Blocks of a file whose store tells no version may not meet those of another request.
  private static boolean isIndivisible(FileSession session) {
    return !session.file().identity().hasValidator() && session.layout().blockCount() > 1;
  }

  private BlockSource sourceOf(FileSession session) {
    return isIndivisible(session) ? origin : source;
  }

  private BlockWish wish(FileSession session, int block, FlightCourse course) {
    return new BlockWish(
        datasetUid, session.file(), session.layout(), block, settings.copies(), course);
  }

  private void fly(FileSession session, BlockFlight flight) {
    FlightOutcome outcome;
    try {
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
    requireOpen();
    FlightOutcome here = find(session, flight);
    if (here != null) {
      return here;
    }
    if (!settings.homes().isHere(flight.key())) {
      statistics.awayFromHome.increment();
    }
    try {
      return land(session, flight, () -> room(session, flight));
    } catch (StorageException e) {
      if (e.kind() != Kind.NO_SPACE) {
        throw e;
      }
      // The tier's file system is smaller than its quota, or somebody else has filled it.
      String why = String.valueOf(e.getMessage());
      return land(session, flight, () -> declined(session, flight, why));
    }
  }

  private FlightOutcome land(FileSession session, BlockFlight flight, FlightLanding.Rooms rooms)
      throws StorageException {
    FlightCourse course = flight.course();
    try (FlightLanding landing = new FlightLanding(course, statistics, rooms)) {
      try {
        source.bring(wish(session, flight.key().index(), course), landing);
      } catch (StorageException e) {
        FlightOutcome ended = landing.ended();
        if (ended != null) {
          return ended;
        }
        throw e;
      }
      FlightOutcome landed = landing.publish();
      if (landed instanceof FlightOutcome.Buffered(var filled)) {
        buffers.keep(flight.key(), filled);
      }
      return landed;
    }
  }

  private void requireOpen() throws StorageException {
    if (closed) {
      throw StorageException.of(Kind.CANCELLED, "the dataset is being stopped");
    }
  }

  /// What came here while the flight took off.
  private @Nullable FlightOutcome find(FileSession session, BlockFlight flight) {
    if (session.cached().isPresent(flight.key().index())) {
      return new FlightOutcome.Published();
    }
    SharedBuffer before = buffers.find(flight.key());
    return before == null ? null : new FlightOutcome.Buffered(before);
  }

  private FlightLanding.Room room(FileSession session, BlockFlight flight) throws StorageException {
    requireOpen();
    Purpose purpose = purposeOf(flight);
    if (purpose == Purpose.COPY && settings.copies() == Copies.NONE) {
      return declined(session, flight, "no copies of this dataset are kept");
    }
    int block = flight.key().index();
    return switch (session.cached().admit(block, purpose)) {
      case Admission.Admitted(var writer) -> new FlightLanding.Room.Taken(writer);
      case Admission.AlreadyPresent() ->
          new FlightLanding.Room.Unneeded(new FlightOutcome.Published());
      case Admission.Declined(var reason) -> declined(session, flight, reason);
    };
  }

  private Purpose purposeOf(BlockFlight flight) {
    if (settings.homes().isHere(flight.key())) {
      return Purpose.HOME;
    }
    if (flight.course().isLoaded()) {
      return Purpose.REPLICA;
    }
    return flight.course().stage() == FlightCourse.Stage.ASKING ? Purpose.COPY : Purpose.HOME;
  }

  /// Only readers of this node wait for a buffer. Were it held up for another member, the buffers
  /// of two could wait for each other.
  private FlightLanding.Room declined(FileSession session, BlockFlight flight, String reason)
      throws StorageException {
    int length = (int) session.layout().range(flight.key().index()).length();
    Optional<ReadThroughBuffers.Filling> filling =
        switch (flight.course().priority()) {
          case DEMAND -> Optional.of(buffers.acquire(length, settings.patience()));
          case PEER, AHEAD -> buffers.tryAcquire(length);
          case LOAD -> Optional.empty();
        };
    return filling.isEmpty()
        ? new FlightLanding.Room.Unneeded(new FlightOutcome.Refused(reason))
        : new FlightLanding.Room.Taken(new BufferWriter(filling.get()));
  }

  /// Without a validator two requests may see two versions, so one request brings all blocks.
  private BlockFlight fetchWhole(FileSession session, int block, FlightCourse course) {
    synchronized (session) {
      BlockFlight running = flights.get(session.key(block));
      if (running != null) {
        running.course().raise(course.priority());
        return running;
      }
      BlockFlight[] run = new BlockFlight[session.layout().blockCount()];
      for (int i = 0; i < run.length; i++) {
        run[i] = new BlockFlight(session.key(i), course);
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
        origin.enter(session.file(), session.layout().fileBytes(), run[0].course())) {
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

  private void loadWhole(FileSession session, int blocks) throws StorageException {
    requireOpen();
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
      origin.read(
          session.file(),
          new ByteRange(0, session.layout().fileBytes()),
          new WholeSink(session, writers));
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
