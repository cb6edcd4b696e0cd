package io.gridset.server.read;

import io.gridset.core.block.BlockLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The sequential readers of one file version, whichever handles they use. Thread-safe.
final class ReadStreams {
  /// Readers told apart; with more, the one idle longest starts again small.
  private static final int MAX_STREAMS = 4;

  private final BlockLayout layout;
  // Most recently used last.
  private final List<ReadAheadWindow> windows = new ArrayList<>();
  private int scattered;
  private int lastScatteredBlock = -1;

  /// What a read asks for in advance.
  ///
  /// @param window null when the read continued no stream
  record Plan(@Nullable ReadAheadWindow window, ReadAheadWindow.Ahead ahead) {}

  ReadStreams(BlockLayout layout) {
    this.layout = layout;
  }

  synchronized Plan onRead(long offset, long end, boolean stalled) {
    for (int i = windows.size() - 1; i >= 0; i--) {
      ReadAheadWindow window = windows.get(i);
      if (window.continues(offset)) {
        windows.remove(i);
        windows.add(window);
        return new Plan(window, window.advance(end, stalled));
      }
    }
    if (offset > 0 && layout.blockAt(offset) != lastScatteredBlock) {
      lastScatteredBlock = layout.blockAt(offset);
      scattered++;
    }
    if (windows.size() == MAX_STREAMS) {
      windows.removeFirst();
    }
    windows.add(new ReadAheadWindow(layout, end));
    return new Plan(null, ReadAheadWindow.Ahead.NOTHING);
  }

  synchronized void refused(ReadAheadWindow window, int block) {
    window.refused(block);
  }

  /// Reads so far that followed no other and did not begin the file.
  synchronized int scatteredReads() {
    return scattered;
  }
}
