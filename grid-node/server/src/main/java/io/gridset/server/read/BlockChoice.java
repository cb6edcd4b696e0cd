package io.gridset.server.read;

import java.util.function.BooleanSupplier;

/// Which blocks of a file are to be brought; asked in file order, by one thread.
public interface BlockChoice {
  /// What becomes of a block.
  enum Answer {
    TAKE,
    SKIP,
    /// Neither this one nor those behind it.
    STOP
  }

  /// Asked once for each block, whether it is here or not.
  Answer of(int block);

  /// Asked before a chosen block that is missing is fetched; may wait for its turn. When it says no
  /// the warming ends.
  default boolean begins(int block) {
    return true;
  }

  /// Told when a block that began has come without the origin being asked by this node.
  default void cameFromElsewhere(int block) {}

  /// All blocks, as long as `wanted` says so.
  static BlockChoice all(BooleanSupplier wanted) {
    return _ -> wanted.getAsBoolean() ? Answer.TAKE : Answer.STOP;
  }
}
