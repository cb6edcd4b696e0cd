package io.gridset.server.load;

import io.gridset.core.dataset.LoadRequest;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import io.gridset.server.load.ShareReport.Phase;
import io.gridset.server.load.ShareReport.Tally;
import io.gridset.server.read.CachedDatasetFiles;
import io.gridset.server.read.Homes;
import io.gridset.server.state.SharedMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// This member's part in one order: the pass under way, and what was told of it. Each change of
/// what the share depends on begins another pass, which finds what is cached already. Steered by
/// one thread; reports are made by any.
final class MemberShare {
  /// How often figures alone are told: twice a second.
  private static final long TELL_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /// Least time between two passes whose only cause is that bytes were evicted.
  private static final long RECOUNT_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final String self;
  private final Ticker ticker;
  private final Runnable changed;
  private final ByteRate rate;
  private final long startedNanos;
  private volatile @Nullable Running running;
  private volatile Basis wanted;

  /// Whether the pass had ended when what it depends on was last compared: only then is its end the
  /// truth, and not the fault of a dataset that was just being replaced.
  private volatile boolean settled;

  private @Nullable LoadTargets prepared;
  private @Nullable ShareReport told;
  private long toldNanos;
  private int refreshed;

  /// What a share depends on.
  ///
  /// @param files of the running dataset; null while it does not run here
  private record Basis(long fingerprint, int round, @Nullable CachedDatasetFiles files) {}

  private record Running(Basis basis, SharePass pass, long begunNanos) {}

  /// @param prepared the targets, if they were looked up already
  /// @param changed called when something is to be told or done
  MemberShare(
      LoadOrder order,
      Homes homes,
      Ticker ticker,
      @Nullable LoadTargets prepared,
      Runnable changed) {
    this.self = homes.self();
    this.ticker = ticker;
    this.changed = changed;
    this.prepared = prepared;
    startedNanos = ticker.nanos();
    wanted = new Basis(homes.ranking().view().fingerprint(), order.round(), null);
    rate = new ByteRate(ticker, order.request().options().bytesPerSecond());
  }

  /// Makes what runs fit what is asked for now.
  ///
  /// @param dataset as it runs here; empty when it does not
  void steer(LoadOrder now, Homes homes, Optional<Loadable> dataset) {
    var ranking = homes.ranking();
    Basis basis =
        new Basis(
            ranking.view().fingerprint(), now.round(), dataset.map(Loadable::files).orElse(null));
    wanted = basis;
    Running present = running;
    boolean over = present != null && present.pass().hasEnded();
    if (present != null && present.basis().equals(basis) && !lost(present)) {
      settled = over;
      return;
    }
    settled = false;
    stop();
    running =
        dataset
            .map(
                found ->
                    new Running(
                        basis,
                        SharePass.start(
                            found,
                            new Share(ranking, self, now.request().options()),
                            plan(now, found)),
                        ticker.nanos()))
            .orElse(null);
  }

  private boolean lost(Running present) {
    return ticker.nanos() - present.begunNanos() >= RECOUNT_NANOS && present.pass().hasLost();
  }

  private SharePass.Plan plan(LoadOrder now, Loadable dataset) {
    LoadTargets known = prepared;
    prepared = null; // Later passes look afresh.
    boolean refresh =
        known == null
            && (now.round() > refreshed || (running == null && now.request().refreshMetadata()));
    refreshed = now.round();
    return new SharePass.Plan(
        now.request(),
        () -> known != null ? known : find(now.request(), dataset, refresh),
        rate,
        ticker,
        changed);
  }

  private static LoadTargets find(LoadRequest request, Loadable dataset, boolean refresh)
      throws StorageException {
    var tree = dataset.files().tree();
    if (refresh) {
      LoadTargets.refresh(tree, request.targets());
    }
    try {
      return LoadTargets.resolve(tree, request.targets());
    } catch (StorageException e) {
      if (e.kind() != Kind.NOT_FOUND) {
        throw e;
      }
      // The coordinator has found them: what was listed here is older.
      tree.sync("");
      return LoadTargets.resolve(tree, request.targets());
    }
  }

  /// Lets the share take so much from the origin; 0 for no limit.
  void limit(double bytesPerSecond) {
    rate.set(bytesPerSecond);
  }

  /// Ends what is under way soon.
  void stop() {
    Running present = running;
    if (present != null) {
      present.pass().stop();
    }
  }

  /// Whether nothing is under way.
  boolean isAtRest() {
    Running present = running;
    return present == null || present.pass().hasEnded();
  }

  /// What is to be told now.
  ShareReport report() {
    Basis basis = wanted;
    Running present = running;
    long elapsed = TimeUnit.NANOSECONDS.toMillis(ticker.nanos() - startedNanos);
    if (present == null) {
      return new ShareReport(
          basis.fingerprint(), basis.round(), Phase.WAITING, Tally.NONE, 0, List.of(), elapsed);
    }
    SharePass pass = present.pass();
    // Asked before the figures: those of an ended pass do not change any more.
    Phase ending = pass.phase();
    Phase phase = ending.isEnd() && !settled ? Phase.LOADING : ending;
    return new ShareReport(
        present.basis().fingerprint(),
        present.basis().round(),
        phase,
        pass.tally(),
        pass.failedFiles(),
        pass.failures(),
        elapsed);
  }

  /// Tells the others, if there is news.
  void tell(SharedMap progress, String key) {
    ShareReport now = report();
    ShareReport before = told;
    boolean due = ticker.nanos() - toldNanos >= TELL_NANOS;
    if (before == null
        || !now.sameStage(before)
        || (due && (!now.sameFigures(before) || progress.find(key).isEmpty()))) {
      progress.put(key, LoadJson.write(now));
      told = now;
      toldNanos = ticker.nanos();
    }
  }
}
