package io.gridset.server.read;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// How urgent a flight is and where it gets its block from. It begins by asking the block's home;
/// told to [#takeTheHomesPlace()] it stops asking and acts as the home does: whoever holds the
/// block, else the origin. A flight [#fromOrigin] never waits for another member, so no two members
/// ever wait for each other. Thread-safe.
public final class FlightCourse {
  /// The stages of a flight, in the order in which they are passed.
  public enum Stage {
    ASKING,
    ACTING_AS_HOME,
    FROM_ORIGIN
  }

  private final List<Runnable> watchers = new CopyOnWriteArrayList<>();
  private volatile Stage stage;
  private volatile Priority priority;
  private volatile boolean loaded;

  private FlightCourse(Stage first, Priority priority) {
    stage = first;
    this.priority = priority;
    loaded = priority == Priority.LOAD;
  }

  /// Ends a [#watch].
  public interface Watch extends AutoCloseable {
    @Override
    void close();
  }

  /// For this node's own readers.
  public static FlightCourse asking(Priority priority) {
    return new FlightCourse(Stage.ASKING, priority);
  }

  /// For a member that asks this one as the home.
  public static FlightCourse asHome(Priority priority) {
    return new FlightCourse(Stage.ACTING_AS_HOME, priority);
  }

  public Stage stage() {
    return stage;
  }

  public Priority priority() {
    return priority;
  }

  /// Makes it act as the block's home, if it still asks others.
  public void takeTheHomesPlace() {
    synchronized (this) {
      if (stage != Stage.ASKING) {
        return;
      }
      stage = Stage.ACTING_AS_HOME;
    }
    tell();
  }

  /// Whether a load wants the block here: then it is a replica where it is not at home, whoever
  /// asked first.
  public boolean isLoaded() {
    return loaded;
  }

  /// The origin is being asked from now on.
  public void fromOrigin() {
    synchronized (this) {
      stage = Stage.FROM_ORIGIN;
    }
    tell();
  }

  /// Makes it at least as urgent as `wanted`.
  public void raise(Priority wanted) {
    synchronized (this) {
      loaded |= wanted == Priority.LOAD;
      if (wanted.compareTo(priority) >= 0) {
        return;
      }
      priority = wanted;
    }
    tell();
  }

  /// Runs `watcher` after each change, on the thread that made it; it must return at once.
  public Watch watch(Runnable watcher) {
    watchers.add(watcher);
    return () -> watchers.remove(watcher);
  }

  private void tell() {
    watchers.forEach(Runnable::run);
  }
}
