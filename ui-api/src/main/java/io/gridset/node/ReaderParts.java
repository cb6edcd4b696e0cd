package io.gridset.node;

import io.gridset.api.Grid;
import io.gridset.api.Mounts;
import io.gridset.api.ServedObjects;
import io.gridset.client.peer.PeerClient;
import io.gridset.client.peer.Peers;
import io.gridset.core.control.ControlPlane;
import io.gridset.core.dataset.DatasetHost;
import io.gridset.core.dataset.DatasetHost.Disposal;
import io.gridset.core.placement.MemberView;
import io.gridset.core.unit.Ticker;
import io.gridset.server.host.HostSettings;
import io.gridset.server.host.LocalDatasetHost;
import io.gridset.server.listing.GridListings;
import io.gridset.server.listing.ListingFiles;
import io.gridset.server.peer.GridBlocks;
import io.gridset.server.peer.GridLinks;
import io.gridset.server.peer.GridReading;
import io.gridset.server.read.Homes;
import io.gridset.server.read.MemoryBudget;
import io.gridset.server.read.ReadSettings;
import io.gridset.server.reader.ReaderView;
import io.gridset.server.reader.RemoteUnderStore;
import io.gridset.server.state.SharedMaps;
import io.gridset.server.tree.ListingExchange;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;

/// The parts of a node that reads from a grid and is no member of it: a cache of its own, mounts
/// and API, and members instead of stores.
public final class ReaderParts implements NodeParts {
  /// Memory for reading ahead and for reading through, as a member has it.
  private static final long READ_BUDGET_BYTES = 256L << 20;

  private final Links links;
  private final NodeCaches caches;
  private final LocalDatasetHost host;
  private final ReaderControlPlane control;
  private final FuseMounts mounts;
  private volatile Disposal disposal = Disposal.KEEP_BYTES;

  /// The way to the members.
  private record Links(Peers peers, ReaderView view, GridBlocks blocks) implements AutoCloseable {
    @Override
    public void close() {
      try (peers;
          blocks;
          view) {
        // In reverse order.
      }
    }
  }

  private ReaderParts(
      Links links,
      NodeCaches caches,
      LocalDatasetHost host,
      ReaderControlPlane control,
      FuseMounts mounts) {
    this.links = links;
    this.caches = caches;
    this.host = host;
    this.control = control;
    this.mounts = mounts;
  }

  /// Opens everything on the node's directories; members may come later.
  ///
  /// @throws IOException when a file that proves this node cannot be used
  public static ReaderParts open(NodeSettings settings) throws IOException {
    ReaderSettings reader = settings.reader().orElseThrow();
    Ticker ticker = Ticker.system();
    Peers peers = new PeerClient(PeerTrust.of(reader), ticker);
    ReaderView view =
        new ReaderView(reader.members(), peers, settings.stateDirectory().resolve("grid.json"));
    String self = "reader-" + UUID.randomUUID(); // Nobody keeps or asks anything by it.
    Homes homes = new Homes(self, view::members);
    GridBlocks blocks =
        new GridBlocks(
            new GridLinks(homes, view::cluster, peers, ticker),
            GridReading.ofMember().withoutOrigin());
    NodeCaches caches = new NodeCaches(settings, InstantSource.system(), homes::share);
    ListingFiles kept =
        new ListingFiles(
            settings.stateDirectory().resolve("trees"),
            ListingFiles.DEFAULT_LIMIT_BYTES,
            InstantSource.system());
    GridListings others =
        new GridListings(self, view::cluster, peers, GridListings.Otherwise.ASK_AGAIN);
    LocalDatasetHost host =
        new LocalDatasetHost(
            new HostSettings(
                RemoteUnderStore::new,
                caches,
                ReadSettings.of(new MemoryBudget(READ_BUDGET_BYTES), homes)
                    .withSources(blocks::over),
                ticker,
                HostSettings.DEFAULT_START_PATIENCE,
                new HostSettings.Sharing(new ListingExchange(others, kept), SharedMaps.alone())));
    Links links = new Links(peers, view, blocks);
    try {
      FuseMounts mounts =
          new FuseMounts(new MountRecords(settings.stateDirectory()), host, ServedObjects.none());
      view.follow(host, settings.memory());
      mounts.restore();
      ReaderControlPlane control = new ReaderControlPlane(view, reader.members().getFirst().host());
      return new ReaderParts(links, caches, host, control, mounts);
    } catch (IOException | RuntimeException e) {
      host.close();
      links.close();
      throw e;
    }
  }

  @Override
  public ControlPlane control() {
    return control;
  }

  @Override
  public DatasetHost host() {
    return new ReaderHost(host, control.member());
  }

  @Override
  public Mounts mounts() {
    return mounts;
  }

  @Override
  public Grid grid() {
    return new ReaderGrid(links.view);
  }

  @Override
  public ServedObjects objects() {
    return ServedObjects.none();
  }

  @Override
  public void serving(List<String> api) {
    // The grid does not know its readers.
  }

  @Override
  public MemberView members() {
    return links.view.members();
  }

  @Override
  public void disposeAtClose(Disposal wanted) {
    disposal = wanted;
  }

  @Override
  public void close() {
    try (links;
        host;
        mounts) {
      links.view.close(); // Nothing is started any more.
    }
    if (disposal == Disposal.DROP_BYTES) {
      caches.discardAll();
    }
  }
}
