package io.gridset.server.load;

import io.gridset.core.dataset.LoadProgress;
import io.gridset.core.dataset.LoadProgress.Phase;
import io.gridset.core.dataset.LoadRun;
import io.gridset.core.unit.Ticker;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A load as the member that coordinates it sees it: sums up what all report, and decides when it
/// is over. Judged by one thread; progress is read by any.
final class GridLoad implements LoadRun {
  /// How long a member may not run the dataset, or not have begun: as long as mounts may take to
  /// answer at start, twice.
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(60);

  /// The same for the coordinator, which ran it when the load began: it is being replaced, or gone.
  private static final long GONE_NANOS = TimeUnit.SECONDS.toNanos(5);

  /// How often members list anew when they see different files: the origin may be changing.
  static final int MAX_ROUNDS = 3;

  private final Ticker ticker;
  private final Function<LoadOrder, LoadSum> sums;
  private final Runnable changed;
  private final long startedNanos;
  private final Map<String, Long> idleSince = new HashMap<>();
  private volatile LoadOrder order;
  private volatile boolean cancelled;
  private volatile @Nullable LoadProgress end;

  /// @param sums what is reported at the moment
  /// @param changed called when there is something to decide
  GridLoad(LoadOrder order, Ticker ticker, Function<LoadOrder, LoadSum> sums, Runnable changed) {
    this.order = order;
    this.ticker = ticker;
    this.sums = sums;
    this.changed = changed;
    startedNanos = ticker.nanos();
  }

  LoadOrder order() {
    return order;
  }

  boolean isCancelled() {
    return cancelled;
  }

  boolean hasEnded() {
    return end != null;
  }

  @Override
  public LoadProgress progress() {
    LoadProgress ended = end;
    if (ended != null) {
      return ended;
    }
    LoadSum sum = sums.apply(order);
    return sum.progress(sum.phase(), List.of(), elapsedMillis());
  }

  @Override
  public void cancel() {
    cancelled = true;
    changed.run();
  }

  /// Ends it as cancelled, with the figures of now.
  void endCancelled() {
    finish(sums.apply(order), Phase.CANCELLED, List.of());
  }

  /// Ends the load if it is over; may ask the members to begin another round.
  void judge() {
    LoadSum sum = sums.apply(order);
    switch (sum.state()) {
      case COMPLETE -> finish(sum, Phase.COMPLETE, List.of());
      case FAILED -> finish(sum, Phase.FAILED, List.of());
      case DIFFERS -> {
        if (order.round() + 1 < MAX_ROUNDS) {
          order = order.again();
        } else {
          finish(
              sum,
              Phase.FAILED,
              List.of(
                  "the members see different files of the dataset, also after listing them anew: the"
                      + " origin changes while it is loaded"));
        }
      }
      case RUNNING -> overdue(sum).ifPresent(line -> finish(sum, Phase.FAILED, List.of(line)));
    }
  }

  /// Why the load is not to wait longer for a member.
  private Optional<String> overdue(LoadSum sum) {
    List<String> idle = sum.idle();
    idleSince.keySet().retainAll(idle);
    long now = ticker.nanos();
    for (String member : idle) {
      long since = idleSince.computeIfAbsent(member, _ -> now);
      boolean own = member.equals(order.coordinator());
      if (now - since >= (own ? GONE_NANOS : IDLE_NANOS)) {
        String why =
            sum.isWaiting(member)
                ? "dataset " + order.dataset() + " does not run there"
                : "it has not begun its share";
        String where = sum.members().size() == 1 ? "" : "member " + member + ": ";
        return Optional.of(
            where + why + "; waited " + TimeUnit.NANOSECONDS.toSeconds(now - since) + " s");
      }
    }
    return Optional.empty();
  }

  private void finish(LoadSum sum, Phase phase, List<String> further) {
    end = sum.progress(phase, further, elapsedMillis());
  }

  private long elapsedMillis() {
    return TimeUnit.NANOSECONDS.toMillis(ticker.nanos() - startedNanos);
  }
}
