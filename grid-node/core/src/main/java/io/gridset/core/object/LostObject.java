package io.gridset.core.object;

/// An object whose bytes nobody can bring back: they were in the memory of a node that lost it. Its
/// name may be put again, or deleted.
///
/// @param info as it was last known; nobody holds it
/// @param node the name of the node that held it last
public record LostObject(ObjectInfo info, String node) {
  /// What whoever asks for its bytes is told.
  public String message() {
    return "the object "
        + info.name()
        + " is lost: "
        + node
        + " held it in memory; put it again, or delete its name";
  }
}
