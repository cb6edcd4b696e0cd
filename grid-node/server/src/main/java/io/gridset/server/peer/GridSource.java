package io.gridset.server.peer;

import io.gridset.client.peer.BlockRequest;
import io.gridset.client.peer.BlockRequest.Mode;
import io.gridset.client.peer.ObjectLocator;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.peer.GridReading.OriginAccess;
import io.gridset.server.peer.HedgedAsking.Ending;
import io.gridset.server.read.BlockLanding;
import io.gridset.server.read.BlockSource;
import io.gridset.server.read.BlockWish;
import io.gridset.server.read.FlightCourse;
import io.gridset.server.read.FlightCourse.Stage;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Brings a block in a grid. First the members before this one in the block's rank are asked, each
/// as if it were the home. With none left, or when another member takes this one for the home, this
/// node acts as home: it takes the block from whoever has it or is loading it, else from the
/// origin. Only in the first stage does a flight wait for one that may itself be waiting, and that
/// one is in a later stage by then; so no two members wait for each other. Thread-safe.
final class GridSource implements BlockSource {
  /// Members asked in the order of rank before this node sees to the block itself.
  private static final int MAX_RANK = 8;

  /// Of a node without the origin, between its rounds: doubled up to the second.
  private static final Duration FIRST_BACK_OFF = Duration.ofMillis(100);

  private static final Duration LONGEST_BACK_OFF = Duration.ofSeconds(2);

  private final GridBlocks.Shared grid;
  private final BlockSource origin;

  GridSource(GridBlocks.Shared grid, BlockSource origin) {
    this.grid = grid;
    this.origin = origin;
  }

  @Override
  public void bring(BlockWish wish, BlockLanding landing) throws StorageException {
    Flight flight = new Flight(wish, landing);
    if (grid.reading().origin() == OriginAccess.NONE) {
      flight.withoutOrigin();
    } else {
      flight.fly();
    }
  }

  /// One block's way.
  private final class Flight implements HedgedAsking.Errand {
    private final BlockWish wish;
    private final BlockLanding landing;
    private final Set<String> wrongSenders = new HashSet<>();
    private @Nullable StorageException originFailure;
    private @Nullable StorageException lastRefusal;

    Flight(BlockWish wish, BlockLanding landing) {
      this.wish = wish;
      this.landing = landing;
    }

    void fly() throws StorageException {
      if (askTheHomes()) {
        return;
      }
      wish.course().takeTheHomesPlace();
      if (grid.reading().mayBeElsewhere().test(wish.datasetUid()) && takeFromHolders()) {
        return;
      }
      origin.bring(wish, landing);
    }

    /// A node that has only the members goes round until one of them has it.
    void withoutOrigin() throws StorageException {
      long deadline = grid.board().links().ticker().nanos() + grid.reading().patience().toNanos();
      Duration wait = FIRST_BACK_OFF;
      while (!askTheHomes() && !takeFromHolders()) {
        wrongSenders.clear();
        originFailure = null;
        boolean closing = pause(wait);
        if (closing || grid.board().links().ticker().nanos() - deadline >= 0) {
          throw nobody();
        }
        wait =
            wait.multipliedBy(2).compareTo(LONGEST_BACK_OFF) < 0
                ? wait.multipliedBy(2)
                : LONGEST_BACK_OFF;
      }
    }

    @Override
    public Conversation begin(String member, Consumer<Conversation.News> teller) {
      return new Conversation(grid.board(), wish.course(), member, teller);
    }

    @Override
    public PeerHealth health() {
      return grid.board().health();
    }

    @Override
    public Duration silence() {
      return grid.reading().silence();
    }

    @Override
    public Set<String> wrongSenders() {
      return wrongSenders;
    }

    @Override
    public void refused(Mode mode, StorageException failure) throws StorageException {
      lastRefusal = failure;
      if (mode == Mode.IF_HELD) {
        return; // Who has nothing to give says nothing about the origin.
      }
      switch (Failures.of(failure, grid.reading().origin())) {
        case FINAL -> throw failure.again();
        case SECOND_OPINION -> {
          if (originFailure != null) {
            throw failure.again();
          }
          originFailure = failure;
        }
        case NEXT -> {}
      }
    }

    private boolean askTheHomes() throws StorageException {
      FlightCourse course = wish.course();
      BooleanSupplier asking = () -> course.stage() == Stage.ASKING;
      List<String> before = asking.getAsBoolean() ? membersBefore() : List.of();
      return !before.isEmpty() && ask(Mode.AS_HOME, before, asking);
    }

    /// Those to be asked before this node acts itself. Without the origin it never does, and asks
    /// the suspects too, last.
    private List<String> membersBefore() {
      List<String> ranked =
          grid.board().links().homes().first(wish.key(), MAX_RANK).stream()
              .map(member -> member.id())
              .takeWhile(id -> !id.equals(grid.board().links().homes().self()))
              .filter(id -> grid.board().links().address(id).isPresent())
              .toList();
      List<String> well =
          ranked.stream().filter(id -> !grid.board().health().isSuspect(id)).toList();
      return well.isEmpty() && grid.reading().origin() == OriginAccess.NONE ? ranked : well;
    }

    private boolean takeFromHolders() throws StorageException {
      PresenceRound round = grid.presences().ask(wish.key());
      Set<String> asked = new HashSet<>(wrongSenders);
      while (true) {
        List<String> holders = round.holders(wish.block(), asked, PresenceBoard.LONGEST);
        if (holders.isEmpty()) {
          return false;
        }
        asked.addAll(holders);
        if (ask(Mode.IF_HELD, holders, () -> true)) {
          return true;
        }
      }
    }

    private boolean ask(Mode mode, List<String> members, BooleanSupplier wanted)
        throws StorageException {
      try (HedgedAsking asking = new HedgedAsking(this, request(mode), landing, members, wanted);
          FlightCourse.Watch _ = wish.course().watch(asking::reconsider)) {
        return asking.run() == Ending.LANDED;
      }
    }

    private BlockRequest request(Mode mode) {
      ObjectLocator object =
          new ObjectLocator(
              wish.datasetUid(),
              wish.file().mount().name(),
              wish.file().storePath(),
              wish.file().identity());
      String copyAt = wish.isKept() ? grid.board().links().homes().self() : "";
      return new BlockRequest(object, wish.layout().blockBytes(), wish.block(), mode, copyAt);
    }

    private boolean pause(Duration wait) throws StorageException {
      try {
        return grid.pause().await(wait);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw StorageException.of(Kind.CANCELLED, "interrupted while asking for a block", e);
      }
    }

    private StorageException nobody() {
      String why =
          lastRefusal == null ? "none can be reached" : String.valueOf(lastRefusal.getMessage());
      return StorageException.retryable(
          Kind.UNAVAILABLE, "no member could bring block " + wish.key() + ": " + why);
    }
  }
}
