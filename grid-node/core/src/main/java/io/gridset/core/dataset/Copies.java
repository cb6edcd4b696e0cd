package io.gridset.core.dataset;

/// Whether nodes that read a dataset keep blocks that are at home on another member.
public enum Copies {
  /// While there is room beside what is at home here.
  WHILE_THERE_IS_ROOM,
  /// Never: they are read through a buffer. What a load asks for as a replica is kept all the same.
  NONE
}
