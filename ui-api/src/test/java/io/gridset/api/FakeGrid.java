package io.gridset.api;

import io.gridset.client.AffinityView;
import io.gridset.client.DrainView;
import io.gridset.client.GridNodeView;
import io.gridset.client.GridNodeView.Role;
import io.gridset.client.GridNodeView.State;
import io.gridset.core.control.RefusedException;
import io.gridset.core.dataset.DatasetName;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// A grid of whatever nodes a test wants.
public final class FakeGrid implements Grid {
  private final List<GridNodeView> nodes = new ArrayList<>();

  /// Answers, by dataset.
  public final Map<DatasetName, AffinityView> affinity = new ConcurrentHashMap<>();

  /// What is told of a drain, look by look; the last stays.
  public final Deque<DrainView> drains = new ArrayDeque<>();

  /// What the drain was given.
  public volatile @Nullable Duration drainTime;

  /// Adds a node that was heard of a second ago and is up for two minutes.
  public void node(String name, State state, List<String> health) {
    nodes.add(
        new GridNodeView(
            "id-" + name,
            name,
            Role.MEMBER,
            state,
            TestNode.NOW.minusSeconds(1),
            "127.0.0.1:5701",
            "127.0.0.1:5801",
            List.of("http://127.0.0.1:7600"),
            4L << 30,
            List.of(new GridNodeView.Tier("MEM", 2L << 30, 1L << 30)),
            1L << 30,
            "1.2.3",
            TestNode.NOW.minusSeconds(121),
            health));
  }

  @Override
  public synchronized List<GridNodeView> nodes() {
    return List.copyOf(nodes);
  }

  @Override
  public synchronized Optional<AffinityView> affinity(DatasetName dataset) {
    return Optional.ofNullable(affinity.get(dataset));
  }

  @Override
  public synchronized DrainView startDrain(Duration time) {
    if (drains.isEmpty()) {
      throw new RefusedException("this node is in no grid of several");
    }
    drainTime = time;
    return drains.getFirst();
  }

  @Override
  public synchronized void undoDrain() {
    drainTime = null;
  }

  @Override
  public synchronized Optional<DrainView> drain() {
    return drainTime == null
        ? Optional.empty()
        : Optional.of(drains.size() > 1 ? drains.removeFirst() : drains.getFirst());
  }

  @Override
  public synchronized boolean forget(String name) {
    for (GridNodeView node : nodes) {
      if (node.name().equals(name)) {
        if (node.state() != State.GONE) {
          throw new RefusedException("the node " + name + " is alive");
        }
        return nodes.remove(node);
      }
    }
    return false;
  }
}
