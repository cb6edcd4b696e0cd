package io.gridset.server.read;

import io.gridset.core.block.BlockLayout;

/// How far ahead of one sequential reader blocks are fetched. The window starts small and doubles
/// only when the reader stalls, so that a fast origin is not asked for more than is needed and a
/// slow one is asked early enough (the feedback rule of mountpoint-s3's prefetcher). Pure; used
/// under its owner's lock.
final class ReadAheadWindow {
  static final int INITIAL_BLOCKS = 2;

  /// 64 MiB with blocks of 4 MiB: 16 requests at once saturate what one store gives one client.
  static final int MAX_BLOCKS = 16;

  /// The blocks to fetch now: `from` inclusive, `to` exclusive.
  record Ahead(int from, int to) {
    static final Ahead NOTHING = new Ahead(0, 0);

    boolean isEmpty() {
      return from >= to;
    }
  }

  private final BlockLayout layout;
  private long position;
  private boolean proven;
  private int blocks = INITIAL_BLOCKS;
  private int aheadEnd;
  private long lastStall;

  /// Starts at a first read that ended at `position`; nothing is fetched until a second follows it.
  ReadAheadWindow(BlockLayout layout, long position) {
    this.layout = layout;
    this.position = position;
    lastStall = position;
  }

  int blocks() {
    return blocks;
  }

  /// Whether a read at `offset` belongs to this reader: next to where it stands (kernels send reads
  /// a little out of order), or ahead within the window.
  boolean continues(long offset) {
    long near = layout.blockBytes() / 4;
    long reach = proven ? (long) blocks * layout.blockBytes() : near;
    return offset >= position - near && offset <= position + reach;
  }

  /// Takes note of a read that continues the stream; tells what to fetch.
  Ahead advance(long end, boolean stalled) {
    position = Math.max(position, end);
    int current = position == 0 ? 0 : layout.blockAt(position - 1);
    // Many requests wait for the same bytes; the reader has to get on before it counts again. Half
    // a block, not a whole one, since over a slow connection each round costs a block's time.
    if (stalled && proven && position - lastStall >= layout.blockBytes() / 2) {
      blocks = Math.min(blocks * 2, MAX_BLOCKS);
      lastStall = position;
    }
    proven = true;
    int from = Math.max(aheadEnd, current + 1);
    int to = Math.min(layout.blockCount(), current + 1 + blocks);
    if (from >= to) {
      return Ahead.NOTHING;
    }
    aheadEnd = to;
    return new Ahead(from, to);
  }

  /// Takes note that `block` and what follows was not fetched for want of memory.
  void refused(int block) {
    blocks = Math.max(1, blocks / 2);
    aheadEnd = Math.min(aheadEnd, block);
  }
}
