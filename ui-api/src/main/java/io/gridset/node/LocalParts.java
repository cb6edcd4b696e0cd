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
import org.jspecify.annotations.Nullable;

/// The parts of a node on this machine, wired by hand. Remembered datasets start while mounts come
/// back; the grid member, whose start is the dearest and which no read waits for, joins after them.
public final class LocalParts implements NodeParts {
  /// Memory for reading ahead and for reading through, outside of the tiers: enough for some
  /// sequential readers at 64 MiB each, little beside any tier.
  private static final long READ_BUDGET_BYTES = 256L << 20;

  private final GridMember grid;
  private final @Nullable PeerParts peers;
  private final LocalDatasetHost host;
  private final LocalControlPlane control;
  private final FuseMounts mounts;
  private final NodeCaches caches;
  private volatile Disposal disposal = Disposal.KEEP_BYTES;

  /// This node in its grid; without peers when it is alone.
  private record Belonging(GridMember grid, @Nullable PeerParts peers) {}

  private LocalParts(
      Belonging belonging,
      NodeCaches caches,
      LocalDatasetHost host,
      LocalControlPlane control,
      FuseMounts mounts) {
    this.caches = caches;
    grid = belonging.grid();
    peers = belonging.peers();
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
    Homes homes = new Homes(grid.id(), grid::members);
    PeerParts peers =
        settings.cluster().isPresent()
            ? PeerParts.open(settings.cluster().get(), grid, homes)
            : null;
    ListingFiles kept = kept(settings);
    ReadSettings alone = ReadSettings.of(budget, homes);
    LocalDatasetHost host =
        new LocalDatasetHost(
            new HostSettings(
                stores::open,
                caches,
                peers == null ? alone : peers.reading(alone),
                ticker,
                HostSettings.DEFAULT_START_PATIENCE,
                peers == null
                    ? new ListingExchange(SharedListings.alone(), kept)
                    : peers.listings(kept)));
    try {
      LocalControlPlane control =
          LocalControlPlane.open(
              control(settings), host, grid.records(), InstantSource.system(), ticker);
      if (peers != null) {
        peers.serve(host, control, kept);
        grid.join(); // What is declared elsewhere starts here the sooner.
      } else {
        var _ = control.onSettled().thenRun(grid::join);
      }
      FuseMounts mounts = new FuseMounts(new MountRecords(settings.stateDirectory()), host);
      mounts.restore();
      return new LocalParts(new Belonging(grid, peers), caches, host, control, mounts);
    } catch (IOException | RuntimeException e) {
      host.close();
      if (peers != null) {
        peers.close();
      }
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
        peers;
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
