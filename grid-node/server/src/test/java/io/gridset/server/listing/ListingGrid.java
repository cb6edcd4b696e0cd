package io.gridset.server.listing;

import io.gridset.client.peer.BlockExchange;
import io.gridset.client.peer.BlockRequest;
import io.gridset.client.peer.ClusterView;
import io.gridset.client.peer.PeerAddress;
import io.gridset.client.peer.Peers;
import io.gridset.client.peer.Presence;
import io.gridset.core.block.FileVersion;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.MetadataPolicy;
import io.gridset.core.dataset.SharedDirectory;
import io.gridset.core.placement.Member;
import io.gridset.core.placement.MemberView;
import io.gridset.core.placement.Ranking;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.store.UnderStore;
import io.gridset.core.unit.Ticker;
import io.gridset.server.peer.PeerCaller;
import io.gridset.server.peer.PeerOperation;
import io.gridset.server.tree.DatasetTree;
import io.gridset.server.tree.DirectoryKey;
import io.gridset.server.tree.ListingExchange;
import io.gridset.server.tree.MountedStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Members of one process that ask each other through a wire that can be cut and frozen.
final class ListingGrid {
  static final DatasetName NAME = DatasetName.parse("dev/models");
  private static final int FIRST_PORT = 5801;

  /// What a member answers on its way to the one who asked; may be changed by a test.
  interface Tampering {
    byte[] answer(String operation, byte[] bytes) throws StorageException;
  }

  /// One member.
  final class Node {
    final String id;
    final ListingFiles shelf;
    final DatasetTree tree;
    final ListingOperations answering;
    final Map<String, PeerOperation> operations;

    private Node(String id, Parts parts) {
      this.id = id;
      shelf = new ListingFiles(parts.directory.resolve(id), 64 << 20, parts.clock);
      GridListings others = new GridListings(id, () -> view, new Wire(id));
      tree =
          new DatasetTree(
              "uid",
              List.of(new MountedStore("m", "", parts.store)),
              parts.policy,
              parts.ticker,
              new ListingExchange(others, shelf));
      answering =
          new ListingOperations(
              uid ->
                  uid.equals("uid")
                      ? Optional.of(new ListingOperations.Hosted(NAME, tree, shared))
                      : Optional.empty(),
              shelf,
              () -> view,
              new Wire(id));
      operations = answering.all();
    }
  }

  /// What the members are made of.
  record Parts(
      UnderStore store,
      MetadataPolicy policy,
      Ticker ticker,
      Path directory,
      InstantSource clock) {}

  final Set<String> dead = ConcurrentHashMap.newKeySet();
  final Map<String, CountDownLatch> frozen = new ConcurrentHashMap<>();
  final Map<String, Integer> calls = new ConcurrentHashMap<>();
  volatile List<SharedDirectory> shared = List.of();
  volatile PeerCaller caller = PeerCaller.member();
  volatile Tampering tampering = (_, bytes) -> bytes;
  private final Parts parts;
  private final Map<String, Node> nodes = new ConcurrentHashMap<>();
  private volatile ClusterView view = new ClusterView(MemberView.empty(), Map.of());

  ListingGrid(Parts parts, int size) {
    this.parts = parts;
    List<Member> members = new ArrayList<>();
    Map<String, PeerAddress> addresses = new HashMap<>();
    for (int i = 0; i < size; i++) {
      String id = "member-" + i;
      members.add(new Member(id, 1));
      addresses.put(id, new PeerAddress("127.0.0.1", FIRST_PORT + i));
    }
    view = new ClusterView(MemberView.of(members), addresses);
    for (Member member : members) {
      nodes.put(member.id(), new Node(member.id(), parts));
    }
  }

  List<Node> all() {
    return view.members().members().stream().map(member -> nodes.get(member.id())).toList();
  }

  Node home(String directory) {
    return nodes.get(ranked(directory).getFirst());
  }

  /// Another member than the home.
  Node other(String directory) {
    return nodes.get(ranked(directory).getLast());
  }

  List<String> ranked(String directory) {
    return Ranking.of(view.members())
        .first(new DirectoryKey("uid", "m", directory).ranked(), 100)
        .stream()
        .map(Member::id)
        .toList();
  }

  /// The member begins anew with what is on its disk.
  Node restart(String id) {
    nodes.get(id).tree.close();
    nodes.get(id).answering.close();
    Node fresh = new Node(id, parts);
    nodes.put(id, fresh);
    return fresh;
  }

  void freeze(String id) {
    frozen.put(id, new CountDownLatch(1));
  }

  void thaw(String id) {
    frozen.remove(id).countDown();
  }

  void close() {
    frozen.values().forEach(CountDownLatch::countDown);
    nodes.values().forEach(node -> node.tree.close());
    nodes.values().forEach(node -> node.answering.close());
  }

  /// The others as member `self` reaches them.
  private final class Wire implements Peers {
    private final String self;

    Wire(String self) {
      this.self = self;
    }

    @Override
    public byte[] call(PeerAddress member, String operation, byte[] request, Duration patience)
        throws StorageException {
      String id = "member-" + (member.port() - FIRST_PORT);
      pass(id, patience);
      calls.merge(operation, 1, Integer::sum);
      return tampering.answer(
          operation, nodes.get(id).operations.get(operation).answer(caller, request));
    }

    @Override
    public void ping(PeerAddress member, Duration patience) throws StorageException {
      pass("member-" + (member.port() - FIRST_PORT), patience);
    }

    private void pass(String id, Duration patience) throws StorageException {
      if (dead.contains(id) || dead.contains(self)) {
        throw StorageException.retryable(Kind.UNAVAILABLE, "connection refused");
      }
      CountDownLatch latch = frozen.get(id);
      try {
        if (latch != null && !latch.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
          throw StorageException.retryable(Kind.TIMED_OUT, "no answer");
        }
      } catch (InterruptedException e) {
        throw StorageException.of(Kind.CANCELLED, "interrupted", e);
      }
    }

    @Override
    public BlockExchange ask(PeerAddress member, BlockRequest request, Duration patience) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Presence presence(PeerAddress member, FileVersion version, Duration patience) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }
}
