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
import io.gridset.server.cluster.HandoverOperation;
import io.gridset.server.cluster.Holdings;
import io.gridset.server.grid.GridMember;
import io.gridset.server.host.LocalDatasetHost;
import io.gridset.server.listing.GridListings;
import io.gridset.server.listing.ListingOperations;
import io.gridset.server.object.ObjectStoreSettings;
import io.gridset.server.object.grid.GridObjects;
import io.gridset.server.object.grid.ObjectGiver;
import io.gridset.server.peer.DataServer;
import io.gridset.server.peer.DataServerSettings;
import io.gridset.server.peer.GridBlocks;
import io.gridset.server.peer.GridLinks;
import io.gridset.server.peer.GridReading;
import io.gridset.server.peer.LocalPeerService;
import io.gridset.server.peer.PeerOperation;
import io.gridset.server.read.Homes;
import io.gridset.server.reader.GridFacts;
import io.gridset.server.tree.ListingExchange;
import io.gridset.server.tree.ListingShelf;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a node has because it is a member of a grid of several: the way to blocks and listings of
/// the others, and what it gives them. `close()` ends all but the membership.
final class GridParts implements AutoCloseable {

  private final ClusterSettings settings;
  private final GridMember member;
  private final Ticker ticker;
  private final Keys keys;
  private final Peers peers;
  private final GridBlocks blocks;
  private final Holdings holdings;
  private final ListingExchange listings;

  /// What members prove themselves with.
  private record Keys(@Nullable ClusterToken token, @Nullable PeerTls tls) {
    static Keys read(ClusterSettings settings) throws IOException {
      return new Keys(
          settings.tokenFile().isPresent() ? ClusterToken.read(settings.tokenFile().get()) : null,
          PeerTrust.tls(settings.tls().orElse(null)));
    }

    Credential credential() {
      return token == null ? Credential.none() : token.credential();
    }
  }

  private GridParts(
      ClusterSettings settings, GridMember member, Homes homes, ListingShelf shelf, Ticker ticker)
      throws IOException {
    this.settings = settings;
    this.member = member;
    this.ticker = ticker;
    keys = Keys.read(settings);
    peers =
        new PeerClient(
            PeerClientSettings.of(settings.name(), keys.credential(), keys.tls()), ticker);
    holdings = new Holdings(member.maps().map(Holdings.MAP), member.id(), member::members);
    blocks =
        new GridBlocks(
            new GridLinks(homes, member::cluster, peers, ticker),
            GridReading.ofMember().withHint(holdings::mayBeElsewhere));
    listings = new ListingExchange(new GridListings(member.id(), member::cluster, peers), shelf);
  }

  /// Opens what reading needs.
  ///
  /// @throws IOException when a token or certificate cannot be used
  static GridParts open(
      ClusterSettings settings, GridMember member, Homes homes, ListingShelf shelf, Ticker ticker)
      throws IOException {
    return new GridParts(settings, member, homes, shelf, ticker);
  }

  Peers peers() {
    return peers;
  }

  GridBlocks blocks() {
    return blocks;
  }

  Holdings holdings() {
    return holdings;
  }

  ListingExchange listings() {
    return listings;
  }

  /// Opens the objects of this node as part of the grid's.
  ///
  /// @param state directory for what is known of their names
  /// @throws IOException when a directory cannot be used
  GridObjects openObjects(Path state, ObjectStoreSettings objects) throws IOException {
    return GridObjects.open(member, peers, state, objects);
  }

  /// Begins to give the others what `host` and `objects` have, until the returned is closed.
  ///
  /// @throws IOException when the data server cannot listen
  DataServer serve(LocalDatasetHost host, ControlPlane control, GridObjects objects)
      throws IOException {
    Map<String, PeerOperation> operations =
        new HashMap<>(
            new ListingOperations(
                    uid ->
                        host.hosted(uid)
                            .map(
                                found ->
                                    new ListingOperations.Hosted(
                                        found.name(), found.files().tree(), host.shared(uid))),
                    listings.shelf(),
                    member::cluster,
                    peers)
                .all());
    operations.putAll(new GridFacts(member::cluster, host::definitions, () -> control).all());
    operations.put(
        HandoverOperation.NAME, new HandoverOperation(host::held, member::cluster, peers, ticker));
    operations.putAll(objects.operations());
    InetSocketAddress listen =
        new InetSocketAddress(settings.dataListen().host(), settings.dataListen().port());
    try {
      return DataServer.start(
          DataServerSettings.of(listen, settings.name(), keys.token(), keys.tls()),
          new ObjectGiver(objects.local(), new LocalPeerService(host)),
          operations);
    } catch (StorageException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    try (peers;
        blocks) {
      // In reverse order.
    }
  }
}
