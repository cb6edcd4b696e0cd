package io.gridset.node;

import io.gridset.client.peer.PeerClient;
import io.gridset.client.peer.PeerClientSettings;
import io.gridset.client.peer.Peers;
import io.gridset.client.trust.ClusterToken;
import io.gridset.client.trust.Credential;
import io.gridset.client.trust.PeerTls;
import io.gridset.core.control.ControlPlane;
import io.gridset.core.store.StorageException;
import io.gridset.core.unit.Ticker;
import io.gridset.server.grid.GridMember;
import io.gridset.server.host.LocalDatasetHost;
import io.gridset.server.listing.GridListings;
import io.gridset.server.listing.ListingFiles;
import io.gridset.server.listing.ListingOperations;
import io.gridset.server.peer.DataServer;
import io.gridset.server.peer.DataServerSettings;
import io.gridset.server.peer.GridBlocks;
import io.gridset.server.peer.GridLinks;
import io.gridset.server.peer.GridReading;
import io.gridset.server.peer.LocalPeerService;
import io.gridset.server.peer.PeerOperation;
import io.gridset.server.read.Homes;
import io.gridset.server.read.ReadSettings;
import io.gridset.server.reader.GridFacts;
import io.gridset.server.tree.ListingExchange;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a member of a grid of several has to do with the others: the way to their data servers, and
/// its own. `close()` ends its own first.
final class PeerParts implements AutoCloseable {
  private final ClusterSettings settings;
  private final GridMember grid;
  private final @Nullable ClusterToken token;
  private final @Nullable PeerTls tls;
  private final Peers peers;
  private final GridBlocks blocks;
  private final GridListings listings;
  private @Nullable DataServer server;
  private @Nullable ListingOperations operations;

  private PeerParts(
      ClusterSettings settings, GridMember grid, @Nullable ClusterToken token, Homes homes)
      throws StorageException {
    this.settings = settings;
    this.grid = grid;
    this.token = token;
    tls = PeerTrust.tls(settings.tls().orElse(null));
    Credential credential = token == null ? Credential.none() : token.credential();
    Ticker ticker = Ticker.system();
    peers = new PeerClient(PeerClientSettings.of(settings.name(), credential, tls), ticker);
    blocks =
        new GridBlocks(new GridLinks(homes, grid::cluster, peers, ticker), GridReading.ofMember());
    listings = new GridListings(grid.id(), grid::cluster, peers);
  }

  /// Reads what proves this member; nobody is asked yet.
  static PeerParts open(ClusterSettings settings, GridMember grid, Homes homes)
      throws StorageException {
    ClusterToken token =
        settings.tokenFile().isPresent() ? ClusterToken.read(settings.tokenFile().get()) : null;
    return new PeerParts(settings, grid, token, homes);
  }

  /// The same reading, with blocks from other members first.
  ReadSettings reading(ReadSettings alone) {
    return alone.withSources(blocks::over);
  }

  ListingExchange listings(ListingFiles kept) {
    return new ListingExchange(listings, kept);
  }

  /// Answers others from now on.
  void serve(LocalDatasetHost host, ControlPlane control, ListingFiles kept)
      throws StorageException {
    ListingOperations listing =
        new ListingOperations(
            uid ->
                host.hosted(uid)
                    .map(
                        dataset ->
                            new ListingOperations.Hosted(dataset.name(), dataset.files().tree())),
            kept,
            grid::cluster,
            peers);
    operations = listing;
    Map<String, PeerOperation> all = new HashMap<>(listing.all());
    all.putAll(new GridFacts(grid::cluster, host::definitions, () -> control).all());
    InetSocketAddress address =
        new InetSocketAddress(settings.dataListen().host(), settings.dataListen().port());
    server =
        DataServer.start(
            DataServerSettings.of(address, settings.name(), token, tls),
            new LocalPeerService(host),
            all);
  }

  @Override
  public void close() {
    DataServer serving = server;
    ListingOperations answering = operations;
    if (serving != null) {
      serving.close();
    }
    if (answering != null) {
      answering.close();
    }
    blocks.close();
    peers.close();
  }
}
