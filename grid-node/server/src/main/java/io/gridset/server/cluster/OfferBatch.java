package io.gridset.server.cluster;

import java.util.ArrayList;
import java.util.List;

/// Blocks that go into one offer. Not thread-safe.
final class OfferBatch {
  private final List<Offer.Block> blocks = new ArrayList<>();
  private int textBytes;

  /// Takes a block; whether the batch is full now.
  boolean add(Offer.Block block) {
    blocks.add(block);
    textBytes += Offer.textBytes(block.file());
    return blocks.size() >= Offer.MAX_BLOCKS || textBytes >= Offer.MAX_TEXT_BYTES;
  }

  List<Offer.Block> blocks() {
    return blocks;
  }
}
