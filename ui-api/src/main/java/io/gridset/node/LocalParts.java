package io.gridset.node;

import io.gridset.api.Grid;
import io.gridset.api.Mounts;
import io.gridset.client.GridNodeView;
import io.gridset.core.control.ControlPlane;
import io.gridset.core.dataset.DatasetHost;
import io.gridset.core.dataset.DatasetHost.Disposal;
import io.gridset.core.placement.MemberView;
import io.gridset.core.unit.Ticker;
import io.gridset.server.control.ControlSettings;
import io.gridset.server.control.LocalControlPlane;
import io.gridset.server.grid.GridMember;
import io.gridset.server.grid.GridStatus;
import io.gridset.server.host.HostSettings;
import io.gridset.server.host.LocalDatasetHost;
import io.gridset.server.listing.ListingFiles;
import io.gridset.server.read.Homes;
import io.gridset.server.read.MemoryBudget;
import io.gridset.server.read.ReadSettings;
import io.gridset.server.store.StoreSettings;
import io.gridset.server.store.UnderStores;
import io.gridset.server.tree.ListingExchange;
import io.gridset.server.tree.SharedListings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/// The parts of a node on this machine, wired by hand. Remembered datasets start while mounts come
/// back; the grid member, whose start is the dearest and which no read waits for, joins after them.
public final class LocalParts implements NodeParts {
  /// Memory for reading ahead and for reading through, outside of the tiers: enough for some
  /// sequential readers at 64 MiB each, little beside any tier.
  private static final long READ_BUDGET_BYTES = 256L << 20;

  private final GridMember grid;
  private final LocalDatasetHost host;
  private final LocalControlPlane control;
  private final FuseMounts mounts;
  private final NodeCaches caches;
  private volatile Disposal disposal = Disposal.KEEP_BYTES;

  private LocalParts(
      GridMember grid,
      NodeCaches caches,
      LocalDatasetHost host,
      LocalControlPlane control,
      FuseMounts mounts) {
    this.caches = caches;
    this.grid = grid;
    this.host = host;
    this.control = control;
    this.mounts = mounts;
  }

  /// Opens everything on the node's directories.
  public static LocalParts open(NodeSettings settings) throws IOException {
    Ticker ticker = Ticker.system();
    GridMember grid = GridMember.startLater(GridParts.member(settings), InstantSource.system());
    UnderStores stores = new UnderStores(reaching(settings));
    NodeCaches caches = new NodeCaches(settings, InstantSource.system());
    MemoryBudget budget = new MemoryBudget(READ_BUDGET_BYTES);
    ReadSettings reading = ReadSettings.of(budget, new Homes(grid.id(), grid::members));
    LocalDatasetHost host =
        new LocalDatasetHost(
            new HostSettings(
                stores::open,
                caches,
                reading,
                ticker,
                HostSettings.DEFAULT_START_PATIENCE,
                new HostSettings.Sharing(
                    new ListingExchange(SharedListings.alone(), kept(settings)), grid.maps())));
    try {
      LocalControlPlane control =
          LocalControlPlane.open(
              control(settings), host, grid.records(), InstantSource.system(), ticker);
      if (settings.cluster().isPresent()) {
        grid.join(); // What is declared elsewhere starts here the sooner.
      } else {
        var _ = control.onSettled().thenRun(grid::join);
      }
      FuseMounts mounts = new FuseMounts(new MountRecords(settings.stateDirectory()), host);
      mounts.restore();
      return new LocalParts(grid, caches, host, control, mounts);
    } catch (IOException | RuntimeException e) {
      host.close();
      grid.close();
      throw e;
    }
  }

  private static ListingFiles kept(NodeSettings settings) {
    return new ListingFiles(
        settings.stateDirectory().resolve("trees"),
        ListingFiles.DEFAULT_LIMIT_BYTES,
        InstantSource.system());
  }

  private static StoreSettings reaching(NodeSettings settings) {
    StoreSettings defaults = StoreSettings.defaults();
    return new StoreSettings(defaults.transfer(), defaults.retry(), settings.caFile().orElse(null));
  }

  private static ControlSettings control(NodeSettings settings) {
    Path state = settings.stateDirectory();
    return new ControlSettings(
        state.resolve("manifests"),
        Optional.of(state.resolve("secrets")),
        System.getenv(),
        ControlSettings.DEFAULT_TICK);
  }

  @Override
  public ControlPlane control() {
    return control;
  }

  @Override
  public DatasetHost host() {
    return host;
  }

  @Override
  public Mounts mounts() {
    return mounts;
  }

  /// Where the grid member stands.
  public GridStatus membership() {
    return grid.status();
  }

  @Override
  public Grid grid() {
    return new Grid() {
      @Override
      public List<GridNodeView> nodes() {
        return grid.nodes();
      }

      @Override
      public boolean forget(String name) {
        return grid.forget(name);
      }
    };
  }

  @Override
  public void serving(List<String> api) {
    grid.reportBy(new NodeSelf(InstantSource.system().instant(), api, host, control));
  }

  @Override
  public MemberView members() {
    return grid.members();
  }

  @Override
  public void disposeAtClose(Disposal wanted) {
    disposal = wanted;
  }

  @Override
  public void close() {
    try (grid;
        host;
        control;
        mounts) {
      // In reverse order: mounts first, the grid last.
    }
    if (disposal == Disposal.DROP_BYTES) {
      caches.discardAll();
    }
  }
}
