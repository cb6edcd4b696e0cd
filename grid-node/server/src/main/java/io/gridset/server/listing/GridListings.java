package io.gridset.server.listing;

import io.gridset.client.peer.ClusterView;
import io.gridset.client.peer.PeerAddress;
import io.gridset.client.peer.Peers;
import io.gridset.core.placement.Member;
import io.gridset.core.placement.Ranking;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.listing.ListingMessages.Effort;
import io.gridset.server.listing.ListingMessages.HeadRequest;
import io.gridset.server.listing.ListingMessages.ListAnswer;
import io.gridset.server.listing.ListingMessages.ListRequest;
import io.gridset.server.listing.ListingMessages.Offer;
import io.gridset.server.listing.ListingMessages.SyncRequest;
import io.gridset.server.tree.DirectoryKey;
import io.gridset.server.tree.KnownIdentity;
import io.gridset.server.tree.ListingCopy;
import io.gridset.server.tree.SharedListings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// What the members of a grid know about directories, asked in the order of the ranking. A member
/// that shows no sign of life is passed over; one that lists a slow origin is waited for.
/// Thread-safe.
public final class GridListings implements SharedListings {
  /// How many members are asked for a listing, one after the other, before this node asks the
  /// origin itself: the home and two who would be it without.
  private static final int RANKS = 3;

  /// Members that keep a copy of each listing besides the one who heard it: two may go at once.
  private static final int COPIES = 2;

  /// Members asked for an old listing while the origin is silent; beyond that somebody who has it
  /// is among them, or nobody.
  private static final int RECALL_LIMIT = 32;

  /// Directories whose last offer is remembered; a forgotten one is only offered again.
  private static final int OFFERS_LIMIT = 20_000;

  /// How often a node without the stores' credentials asks all members before it gives up, and how
  /// long it waits in between: together some seconds, in which a lone member may come back.
  private static final int READER_ROUNDS = 20;

  private static final long READER_PAUSE_MILLIS = 500;

  /// What becomes of a question that no member answers.
  public enum Otherwise {
    /// This node asks the origin.
    ASK_ORIGIN,
    /// It has no other way and asks again for a while.
    ASK_AGAIN
  }

  private final String self;
  private final Otherwise otherwise;
  private final Supplier<ClusterView> members;
  private final LivingCalls calls;
  private final Map<DirectoryKey, Integer> offered = new ConcurrentHashMap<>();

  /// @param self this node's id; a reader's is none of the members'
  /// @param members a local snapshot
  public GridListings(String self, Supplier<ClusterView> members, Peers peers) {
    this(self, members, peers, Otherwise.ASK_ORIGIN);
  }

  /// @param otherwise what to do when nobody answers
  public GridListings(
      String self, Supplier<ClusterView> members, Peers peers, Otherwise otherwise) {
    this.self = self;
    this.otherwise = otherwise;
    this.members = members;
    calls = new LivingCalls(peers);
  }

  @Override
  public boolean isHome(DirectoryKey directory) {
    return Ranking.of(members.get().members())
        .home(directory.ranked())
        .map(home -> home.id().equals(self))
        .orElse(otherwise == Otherwise.ASK_ORIGIN);
  }

  @Override
  public Optional<ListingCopy> ask(DirectoryKey directory, long maxAgeNanos)
      throws StorageException {
    byte[] request =
        ListingMessages.encode(new ListRequest(directory, Effort.AS_HOME, maxAgeNanos));
    byte[] answer = askInRank(directory, ListingMessages.LIST, request);
    if (answer == null) {
      return Optional.empty();
    }
    return switch (ListingMessages.listAnswer(answer)) {
      case ListAnswer.Copy(var listing) -> Optional.of(listing);
      case ListAnswer.Nothing _ -> Optional.empty();
      case ListAnswer.Failure(var cause) -> {
        if (isFinal(cause)) {
          throw cause;
        }
        yield Optional.empty();
      }
    };
  }

  @Override
  public KnownIdentity identity(DirectoryKey directory, String name) throws StorageException {
    byte[] request = ListingMessages.encode(new HeadRequest(directory, name));
    byte[] answer = askInRank(directory, ListingMessages.HEAD, request);
    if (answer == null) {
      return new KnownIdentity.AskOrigin();
    }
    try {
      return ListingMessages.identityAnswer(answer);
    } catch (StorageException e) {
      if (isFinal(e)) {
        throw e;
      }
      return new KnownIdentity.AskOrigin();
    }
  }

  /// What the origin says to one member it says to all; that it says nothing may be the link's
  /// fault.
  private static boolean isFinal(StorageException cause) {
    return cause.kind() == Kind.NOT_FOUND || cause.kind() == Kind.ACCESS_DENIED;
  }

  private byte @Nullable [] askInRank(DirectoryKey directory, String operation, byte[] request)
      throws StorageException {
    if (otherwise == Otherwise.ASK_ORIGIN) {
      return askFirst(RANKS, directory, operation, request);
    }
    CountDownLatch never = new CountDownLatch(1);
    for (int round = 0; round < READER_ROUNDS; round++) {
      byte[] answer = askFirst(RECALL_LIMIT, directory, operation, request);
      if (answer != null) {
        return answer;
      }
      try {
        var _ = never.await(READER_PAUSE_MILLIS, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw StorageException.of(Kind.CANCELLED, "interrupted while asking members", e);
      }
    }
    return null;
  }

  private byte @Nullable [] askFirst(
      int ranks, DirectoryKey directory, String operation, byte[] request) throws StorageException {
    ClusterView view = members.get();
    for (Member member : Ranking.of(view.members()).first(directory.ranked(), ranks)) {
      if (member.id().equals(self)) {
        return null;
      }
      PeerAddress address = view.address(member.id()).orElse(null);
      byte[] answer = address == null ? null : calls.call(address, operation, request).orElse(null);
      if (answer != null
          && (otherwise == Otherwise.ASK_ORIGIN || !ListingMessages.saysNothing(answer))) {
        return answer;
      }
    }
    return null;
  }

  @Override
  public Optional<ListingCopy> recall(DirectoryKey directory) {
    ClusterView view = members.get();
    byte[] request =
        ListingMessages.encode(new ListRequest(directory, Effort.RECALL, Long.MAX_VALUE));
    List<PeerAddress> asked = new ArrayList<>();
    for (Member member : Ranking.of(view.members()).first(directory.ranked(), RECALL_LIMIT)) {
      if (!member.id().equals(self)) {
        view.address(member.id()).ifPresent(asked::add);
      }
    }
    List<ListingCopy> found = new ArrayList<>();
    for (byte[] answer : calls.callAll(asked, ListingMessages.LIST, request)) {
      try {
        if (ListingMessages.listAnswer(answer) instanceof ListAnswer.Copy(var listing)) {
          found.add(listing);
        }
      } catch (StorageException _) {
        // Another member may answer what can be read.
      }
    }
    return found.stream().min(Comparator.comparingLong(ListingCopy::ageNanos));
  }

  @Override
  public void heard(DirectoryKey directory, ListingCopy listing) {
    CRC32C content = new CRC32C();
    content.update(listing.encoded());
    Integer hash = (int) content.getValue();
    if (hash.equals(offered.get(directory))) {
      return;
    }
    ClusterView view = members.get();
    List<PeerAddress> keepers = new ArrayList<>();
    for (Member member : Ranking.of(view.members()).first(directory.ranked(), COPIES + 1)) {
      if (!member.id().equals(self) && keepers.size() < COPIES) {
        view.address(member.id()).ifPresent(keepers::add);
      }
    }
    byte[] offer = ListingMessages.encode(new Offer(directory, self));
    if (calls.callAll(keepers, ListingMessages.OFFER, offer).size() == keepers.size()) {
      if (offered.size() >= OFFERS_LIMIT) {
        offered.clear();
      }
      offered.put(directory, hash);
    }
  }

  @Override
  public void forget(String datasetUid, String path) {
    ClusterView view = members.get();
    List<PeerAddress> others = new ArrayList<>();
    view.addresses()
        .forEach(
            (id, address) -> {
              if (!id.equals(self)) {
                others.add(address);
              }
            });
    byte[] request = ListingMessages.encode(new SyncRequest(datasetUid, path));
    var _ = calls.callAll(others, ListingMessages.SYNC, request);
  }
}
