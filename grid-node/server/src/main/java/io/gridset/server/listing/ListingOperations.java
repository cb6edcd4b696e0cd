package io.gridset.server.listing;

import io.gridset.client.peer.ClusterView;
import io.gridset.client.peer.PeerAddress;
import io.gridset.client.peer.Peers;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.SharedDirectory;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.listing.ListingMessages.Effort;
import io.gridset.server.listing.ListingMessages.HeadRequest;
import io.gridset.server.listing.ListingMessages.ListAnswer;
import io.gridset.server.listing.ListingMessages.ListRequest;
import io.gridset.server.listing.ListingMessages.Offer;
import io.gridset.server.listing.ListingMessages.SyncRequest;
import io.gridset.server.peer.PeerCaller;
import io.gridset.server.peer.PeerOperation;
import io.gridset.server.peer.Reach;
import io.gridset.server.tree.DatasetTree;
import io.gridset.server.tree.DirectoryHome;
import io.gridset.server.tree.DirectoryKey;
import io.gridset.server.tree.KnownIdentity;
import io.gridset.server.tree.ListingCopy;
import io.gridset.server.tree.ListingShelf;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/// What a member answers about directories. Nobody hears of a dataset that he may not see.
/// Thread-safe.
public final class ListingOperations implements AutoCloseable {
  /// Longest wait for a listing that another member offers; it has it in memory.
  private static final Duration PULL_PATIENCE = Duration.ofSeconds(10);

  /// Offers taken at once: each may cost a listing's size in memory.
  private static final int PARALLEL_PULLS = 4;

  /// The datasets that run on this member.
  @FunctionalInterface
  public interface Trees {
    Optional<Hosted> find(String datasetUid);
  }

  /// A dataset's name and its tree, and the directories of it that other datasets show.
  public record Hosted(DatasetName name, DatasetTree tree, List<SharedDirectory> shared) {
    public Hosted {
      shared = List.copyOf(shared);
    }
  }

  /// A tree of which somebody may see something.
  private record Visible(DatasetTree tree, Reach reach) {}

  private final Trees trees;
  private final ListingShelf shelf;
  private final Supplier<ClusterView> members;
  private final Peers peers;
  private final Semaphore pulls = new Semaphore(PARALLEL_PULLS);

  public ListingOperations(
      Trees trees, ListingShelf shelf, Supplier<ClusterView> members, Peers peers) {
    this.trees = trees;
    this.shelf = shelf;
    this.members = members;
    this.peers = peers;
  }

  /// The operations by the names under which members call them.
  public Map<String, PeerOperation> all() {
    return Map.of(
        ListingMessages.LIST, this::list,
        ListingMessages.HEAD, this::head,
        ListingMessages.SYNC, this::sync,
        ListingMessages.OFFER, this::offer);
  }

  /// Takes no offers from now on, and waits for what is under way.
  @Override
  public void close() {
    pulls.acquireUninterruptibly(PARALLEL_PULLS); // Never given back.
  }

  private Optional<Visible> visible(PeerCaller caller, String datasetUid) {
    return trees
        .find(datasetUid)
        .map(hosted -> new Visible(hosted.tree(), Reach.of(caller, hosted.name(), hosted.shared())))
        .filter(visible -> !visible.reach.isNothing());
  }

  private byte[] list(PeerCaller caller, byte[] bytes) throws StorageException {
    ListRequest request = ListingMessages.listRequest(bytes);
    try {
      return ListingMessages.encode(
          listed(caller, request)
              .<ListAnswer>map(ListAnswer.Copy::new)
              .orElseGet(ListAnswer.Nothing::new));
    } catch (StorageException e) {
      return ListingMessages.encode(new ListAnswer.Failure(e));
    }
  }

  private Optional<ListingCopy> listed(PeerCaller caller, ListRequest request)
      throws StorageException {
    Visible visible = visible(caller, request.directory().datasetUid()).orElse(null);
    if (visible == null) {
      return Optional.empty();
    }
    DirectoryHome home = visible.tree.home();
    Optional<String> path = home.path(request.directory());
    if (!visible.reach.isAll() && path.filter(visible.reach::touches).isEmpty()) {
      return Optional.empty();
    }
    Optional<ListingCopy> copy =
        request.effort() == Effort.RECALL
            ? home.recall(request.directory())
            : home.list(request.directory(), request.maxAgeNanos());
    if (copy.isEmpty() || visible.reach.isAll() || visible.reach.covers(path.orElse(""))) {
      return copy;
    }
    return Optional.of(copy.get().only(visible.reach.namesIn(path.orElse(""))));
  }

  private byte[] head(PeerCaller caller, byte[] bytes) throws StorageException {
    HeadRequest request = ListingMessages.headRequest(bytes);
    Visible visible = visible(caller, request.directory().datasetUid()).orElse(null);
    if (visible == null || !isCovered(visible, request.directory())) {
      return ListingMessages.encode(new KnownIdentity.AskOrigin());
    }
    try {
      return ListingMessages.encode(
          visible.tree.home().identity(request.directory(), request.name()));
    } catch (StorageException e) {
      return ListingMessages.failure(e);
    }
  }

  private static boolean isCovered(Visible visible, DirectoryKey directory) {
    return visible.reach.isAll()
        || visible.tree.home().path(directory).filter(visible.reach::covers).isPresent();
  }

  private byte[] sync(PeerCaller caller, byte[] bytes) throws StorageException {
    SyncRequest request = ListingMessages.syncRequest(bytes);
    visible(caller, request.datasetUid())
        .filter(visible -> visible.reach.covers(request.path()))
        .ifPresent(visible -> visible.tree.expire(request.path()));
    return new byte[0];
  }

  /// Fetches what is offered later, since who offers waits.
  private byte[] offer(PeerCaller caller, byte[] bytes) throws StorageException {
    Offer offer = ListingMessages.offer(bytes);
    if (!caller.isMember()) {
      throw StorageException.of(Kind.ACCESS_DENIED, "only members offer listings");
    }
    Optional<PeerAddress> holder = members.get().address(offer.holder());
    if (holder.isPresent()
        && trees.find(offer.directory().datasetUid()).isPresent()
        && pulls.tryAcquire()) {
      Thread.ofVirtual().name("pull-listing").start(() -> pull(offer, holder.get()));
    }
    return new byte[0];
  }

  private void pull(Offer offer, PeerAddress holder) {
    try {
      ListRequest request = new ListRequest(offer.directory(), Effort.RECALL, Long.MAX_VALUE);
      byte[] answer =
          peers.call(holder, ListingMessages.LIST, ListingMessages.encode(request), PULL_PATIENCE);
      if (ListingMessages.listAnswer(answer) instanceof ListAnswer.Copy(var listing)) {
        shelf.keep(offer.directory(), listing);
      }
    } catch (StorageException _) {
      // The next listing is offered anew.
    } finally {
      pulls.release();
    }
  }
}
