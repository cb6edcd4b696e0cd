package io.gridset.node;

import io.gridset.api.Grid;
import io.gridset.api.Mounts;
import io.gridset.core.control.ControlPlane;
import io.gridset.core.dataset.DatasetHost;
import io.gridset.core.dataset.DatasetHost.Disposal;
import io.gridset.core.placement.MemberView;
import io.gridset.core.unit.Ticker;
import io.gridset.server.cluster.Holdings;
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
import io.gridset.server.state.SharedMaps;
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
  private final Holdings holdings;
  private final ServedGrid served;
  private final LocalDatasetHost host;
  private final LocalControlPlane control;
  private final FuseMounts mounts;
  private final NodeCaches caches;
  private volatile Disposal disposal = Disposal.KEEP_BYTES;

  /// What a node does for the other members, and they for it.
  private record Membership(GridMember grid, Holdings holdings, ServedGrid served) {}

  private LocalParts(
      Membership membership,
      NodeCaches caches,
      LocalDatasetHost host,
      LocalControlPlane control,
      FuseMounts mounts) {
    this.caches = caches;
    this.grid = membership.grid();
    this.holdings = membership.holdings();
    this.served = membership.served();
    this.host = host;
    this.control = control;
    this.mounts = mounts;
  }

  /// Opens everything on the node's directories.
  public static LocalParts open(NodeSettings settings) throws IOException {
    Ticker ticker = Ticker.system();
    GridMember grid = GridMember.startLater(GridParts.member(settings), InstantSource.system());
    UnderStores stores = new UnderStores(reaching(settings));
    Homes homes = new Homes(grid.id(), grid::members);
    NodeCaches caches = new NodeCaches(settings, InstantSource.system(), homes::share);
    MemoryBudget budget = new MemoryBudget(READ_BUDGET_BYTES);
    ReadSettings reading = ReadSettings.of(budget, homes);
    Holdings holdings = holdings(settings, grid);
    LocalDatasetHost host =
        new LocalDatasetHost(
            new HostSettings(
                stores::open,
                caches,
                reading,
                ticker,
                HostSettings.DEFAULT_START_PATIENCE,
                new HostSettings.Sharing(
                    new ListingExchange(SharedListings.alone(), kept(settings)), grid.maps())),
            holdings);
    holdings.publish(host::held);
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
      ServedGrid served = new ServedGrid(grid, host, holdings, Optional.empty());
      return new LocalParts(new Membership(grid, holdings, served), caches, host, control, mounts);
    } catch (IOException | RuntimeException e) {
      host.close();
      holdings.close();
      grid.close();
      throw e;
    }
  }

  private static Holdings holdings(NodeSettings settings, GridMember grid) {
    SharedMaps maps = settings.cluster().isPresent() ? grid.maps() : SharedMaps.alone();
    return new Holdings(maps.map(Holdings.MAP), grid.id(), grid::members);
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
    return served;
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
        holdings;
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
