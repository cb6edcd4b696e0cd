package io.gridset.server.grid;

import io.gridset.client.GridNodeView;
import io.gridset.client.GridNodeView.Role;
import io.gridset.client.GridNodeView.State;
import io.gridset.client.peer.PeerAddress;
import io.gridset.core.unit.Ticker;
import io.gridset.server.state.SharedMap;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What the nodes of the grid tell of themselves, and what is known of those that do not.
/// Thread-safe.
final class GridNodes {
  /// Often enough for people who watch, and little beside a heartbeat.
  private static final Duration PUBLISH_EVERY = Duration.ofSeconds(5);

  private final String id;
  private final GridSettings.Profile self;
  private final NodeRecords records;
  private final InstantSource clock;
  private volatile @Nullable Supplier<NodeReport> report;
  private volatile State state = State.ACTIVE;
  private volatile @Nullable Membership published;
  private volatile long publishedAt;

  GridNodes(String id, GridSettings.Profile self, SharedMap map, InstantSource clock) {
    this.id = id;
    this.self = self;
    this.records = new NodeRecords(map);
    this.clock = clock;
  }

  void reportBy(Supplier<NodeReport> source) {
    report = source;
  }

  void setState(State now) {
    state = now;
  }

  Set<String> draining() {
    return records.draining();
  }

  void remove(String gone) {
    records.remove(gone);
  }

  /// Tells the others, when it is time or the members have changed.
  void publishWhenDue(Membership members, Supplier<List<String>> health, Ticker ticker) {
    if (!members.equals(published) || ticker.nanos() - publishedAt > PUBLISH_EVERY.toNanos()) {
      publishedAt = ticker.nanos();
      publish(members, health.get());
    }
  }

  void publish(Membership members, List<String> health) {
    published = members;
    records.put(own(members, health));
  }

  /// All that are seen or belong to the grid, by name.
  List<GridNodeView> list(
      Membership members, Collection<KnownMember> belonging, List<String> health) {
    List<GridNodeView> nodes = new ArrayList<>();
    nodes.add(own(members, health));
    members.live().values().stream()
        .filter(member -> !member.id().equals(id))
        .forEach(member -> nodes.add(told(member, members)));
    belonging.stream()
        .filter(member -> !member.id().equals(id) && !members.live().containsKey(member.id()))
        .forEach(member -> nodes.add(told(member, members).withState(State.GONE)));
    nodes.sort(Comparator.comparing(GridNodeView::name).thenComparing(GridNodeView::id));
    return nodes;
  }

  private GridNodeView told(KnownMember member, Membership members) {
    return records
        .find(member.id())
        .orElseGet(
            () ->
                new GridNodeView(
                    member.id(),
                    member.name(),
                    role(member.weight()),
                    State.ACTIVE,
                    null,
                    members.grid().getOrDefault(member.id(), ""),
                    member.data().map(PeerAddress::toString).orElse(null),
                    List.of(),
                    (long) member.weight(),
                    List.of(),
                    0,
                    members.versions().getOrDefault(member.id(), ""),
                    null,
                    List.of()));
  }

  private GridNodeView own(Membership members, List<String> health) {
    Supplier<NodeReport> source = report;
    NodeReport now =
        source == null
            ? new NodeReport(clock.instant(), List.of(), List.of(), 0, List.of())
            : source.get();
    List<String> wrong = new ArrayList<>(health);
    wrong.addAll(now.health());
    return new GridNodeView(
        id,
        self.name(),
        role(self.weight()),
        state,
        clock.instant(),
        members.grid().getOrDefault(id, ""),
        self.data().map(PeerAddress::toString).orElse(null),
        now.api(),
        (long) self.weight(),
        now.tiers(),
        now.cachedBytes(),
        self.version(),
        now.started(),
        wrong);
  }

  private static Role role(double weight) {
    return weight > 0 ? Role.MEMBER : Role.NO_SHARE;
  }
}
