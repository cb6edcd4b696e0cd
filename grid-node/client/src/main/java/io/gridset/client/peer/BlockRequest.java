package io.gridset.client.peer;

import io.gridset.core.block.BlockKey;
import io.gridset.core.block.BlockLayout;

/// A request for one whole block.
///
/// @param blockBytes the block size that the asking node uses; a member with another one refuses
/// @param copyAt id of the member that will keep a copy and may be named to others; empty for none
public record BlockRequest(
    ObjectLocator object, int blockBytes, int index, Mode mode, String copyAt) {
  /// What the one who is asked shall do.
  public enum Mode {
    /// Act as the block's home: bring it from whoever holds it, else from the origin.
    AS_HOME,
    /// As `AS_HOME`, and never send elsewhere.
    AS_HOME_WITHOUT_REDIRECT,
    /// Answer only with what is here or is on its way from the origin.
    IF_HELD
  }

  public BlockKey key() {
    return new BlockKey(object.version(), index);
  }

  public BlockLayout layout() {
    return new BlockLayout(object.identity().sizeBytes(), blockBytes);
  }

  /// Bytes of the block.
  public int length() {
    return (int) layout().range(index).length();
  }
}
