package io.gridset.server.read;

/// Whether a node keeps blocks that are at home on another member.
public enum Copies {
  /// While there is room beside what is at home here.
  WHILE_THERE_IS_ROOM,
  /// Never: they are read through a buffer.
  NONE
}
