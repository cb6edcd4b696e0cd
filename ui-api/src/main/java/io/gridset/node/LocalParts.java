package io.gridset.node;

import io.gridset.api.Grid;
import io.gridset.api.Mounts;
import io.gridset.api.ServedObjects;
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
import io.gridset.server.peer.DataServer;
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
import java.time.Duration;
import java.time.Instant;
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
  private final @Nullable GridParts others;
  private final Holdings holdings;
  private final ServedGrid served;
  private final Duration drainTimeout;
  private final LocalDatasetHost host;
  private final @Nullable DataServer serving;
  private final LocalControlPlane control;
  private final FuseMounts mounts;
  private final NodeObjects objects;
  private final NodeCaches caches;
  private final Instant started = InstantSource.system().instant();
  private volatile Disposal disposal = Disposal.KEEP_BYTES;

  private LocalParts(
      NodeSettings settings, GridMember grid, Homes homes, @Nullable GridParts others)
      throws IOException {
    this.grid = grid;
    this.others = others;
    this.caches = new NodeCaches(settings, InstantSource.system(), homes::share);
    this.objects = NodeObjects.start(settings, caches, grid.id(), others);
    this.holdings = others == null ? alone(grid) : others.holdings();
    this.host = host(settings, grid, homes, others, caches);
    this.served =
        new ServedGrid(grid, host, holdings, Optional.ofNullable(others).map(GridParts::peers));
    this.drainTimeout = settings.cluster().map(ClusterSettings::drainTimeout).orElse(Duration.ZERO);
    holdings.publish(host::held);
    DataServer given = null;
    LocalControlPlane opened = null;
    try {
      opened =
          LocalControlPlane.open(
              control(settings), host, grid.records(), InstantSource.system(), Ticker.system());
      given = others == null ? null : others.serve(host, opened, objects.inGrid().orElseThrow());
      if (others != null) {
        grid.join(); // What is declared elsewhere starts here the sooner.
      } else {
        var _ = opened.onSettled().thenRun(grid::join);
      }
      var _ = opened.onSettled().thenRunAsync(objects::openIfLeft);
      this.serving = given;
      this.control = opened;
      this.mounts = new FuseMounts(new MountRecords(settings.stateDirectory()), host, objects);
      mounts.restore();
      objects.awaitListening();
    } catch (IOException | RuntimeException e) {
      try (var _ = host;
          var _ = objects;
          var _ = opened;
          var _ = given) {
        throw e;
      }
    }
  }

  /// Opens everything on the node's directories.
  ///
  /// @throws IOException when a directory or a port cannot be used
  public static LocalParts open(NodeSettings settings) throws IOException {
    GridMember grid = GridMember.startLater(Membership.of(settings), InstantSource.system());
    Homes homes = new Homes(grid.id(), grid::members);
    GridParts others = null;
    try {
      if (settings.cluster().isPresent()) {
        others =
            GridParts.open(settings.cluster().get(), grid, homes, kept(settings), Ticker.system());
      }
      return new LocalParts(settings, grid, homes, others);
    } catch (IOException | RuntimeException e) {
      try (var _ = grid;
          var _ = others) {
        throw e;
      }
    }
  }

  private static LocalDatasetHost host(
      NodeSettings settings,
      GridMember grid,
      Homes homes,
      @Nullable GridParts others,
      NodeCaches caches) {
    UnderStores stores = new UnderStores(reaching(settings));
    MemoryBudget budget = new MemoryBudget(READ_BUDGET_BYTES);
    ReadSettings reading = ReadSettings.of(budget, homes);
    if (others == null) {
      ListingExchange listings = new ListingExchange(SharedListings.alone(), kept(settings));
      HostSettings.Sharing nothing = new HostSettings.Sharing(listings, grid.maps());
      return new LocalDatasetHost(host(stores, caches, reading, nothing));
    }
    HostSettings.Sharing sharing = new HostSettings.Sharing(others.listings(), grid.maps());
    return new LocalDatasetHost(
        host(stores, caches, reading.withSources(others.blocks()::over), sharing),
        others.holdings());
  }

  private static HostSettings host(
      UnderStores stores, NodeCaches caches, ReadSettings reading, HostSettings.Sharing sharing) {
    return new HostSettings(
        stores::open,
        caches,
        reading,
        Ticker.system(),
        HostSettings.DEFAULT_START_PATIENCE,
        sharing);
  }

  private static Holdings alone(GridMember grid) {
    return new Holdings(SharedMaps.alone().map(Holdings.MAP), grid.id(), grid::members);
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
  public ServedObjects objects() {
    return objects;
  }

  @Override
  public void serving(List<String> api) {
    grid.reportBy(new NodeSelf(started, api, host, control, control::health));
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
        others;
        holdings;
        host;
        control;
        serving;
        objects;
        Closing _ = this::handOver;
        mounts) {
      // In reverse order: mounts first, then what others want of this node, the grid last.
    }
    if (disposal == Disposal.DROP_BYTES) {
      caches.discardAll();
    }
  }

  private void handOver() {
    served.drainAtEnd(drainTimeout);
    objects.handOver(drainTimeout);
  }

  /// A step of the end that fails with nothing that must be caught.
  @FunctionalInterface
  private interface Closing extends AutoCloseable {
    @Override
    void close();
  }
}
