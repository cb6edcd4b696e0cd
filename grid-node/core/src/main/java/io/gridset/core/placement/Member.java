package io.gridset.core.placement;

/// A grid member as placement sees it.
///
/// @param id stable for the life of the member's process
/// @param weight capacity in any unit common to all members; 0 for one that holds no blocks
public record Member(String id, double weight) {
  public Member {
    if (!(weight >= 0)) {
      throw new IllegalArgumentException("negative weight of member " + id + ": " + weight);
    }
  }
}
