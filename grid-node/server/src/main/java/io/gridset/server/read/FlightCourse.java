package io.gridset.server.read;

/// Where a flight gets its block from. It begins by asking the block's home; told to
/// [#takeTheHomesPlace()] it stops asking and acts as the home does: whoever holds the block, else
/// the origin. A flight [#fromOrigin] never waits for another member, so no two members ever wait
/// for each other. Thread-safe.
public final class FlightCourse {
  /// The stages of a flight, in the order in which they are passed.
  public enum Stage {
    ASKING,
    ACTING_AS_HOME,
    FROM_ORIGIN
  }

  private volatile Stage stage;

  private FlightCourse(Stage first) {
    stage = first;
  }

  /// For this node's own readers.
  public static FlightCourse asking() {
    return new FlightCourse(Stage.ASKING);
  }

  /// For a member that asks this one as the home.
  public static FlightCourse asHome() {
    return new FlightCourse(Stage.ACTING_AS_HOME);
  }

  public Stage stage() {
    return stage;
  }

  /// Makes it act as the block's home, if it still asks others.
  public synchronized void takeTheHomesPlace() {
    if (stage == Stage.ASKING) {
      stage = Stage.ACTING_AS_HOME;
    }
  }

  /// The origin is being asked from now on.
  public synchronized void fromOrigin() {
    stage = Stage.FROM_ORIGIN;
  }
}
