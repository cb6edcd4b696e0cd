package io.gridset.client.peer;

import java.util.BitSet;

/// What a member has of one file version. Bit sets are this object's own; do not change them.
///
/// @param present blocks that it holds
/// @param coming blocks that it is loading from the origin right now
public record Presence(BitSet present, BitSet coming) {
  public static Presence nothing() {
    return new Presence(new BitSet(), new BitSet());
  }
}
