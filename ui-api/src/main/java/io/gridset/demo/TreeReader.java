package io.gridset.demo;

import io.gridset.core.unit.Ticker;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/// Reads every file below a directory once, as `cat` would, and times it.
public final class TreeReader {
  private static final int CHUNK_BYTES = 1 << 20;

  private final Ticker ticker;

  TreeReader(Ticker ticker) {
    this.ticker = ticker;
  }

  /// Bytes, files and nanoseconds of one pass.
  public record Pass(long bytes, long files, long nanos) {
    double seconds() {
      return nanos / 1e9;
    }

    double megabytesPerSecond() {
      return bytes / 1e6 / seconds();
    }
  }

  /// @param progress told the bytes read so far, now and then
  Pass read(Path root, LongConsumer progress) throws IOException {
    long start = ticker.nanos();
    List<Path> files;
    try (Stream<Path> walk = Files.walk(root)) {
      files = walk.filter(Files::isRegularFile).sorted().toList();
    }
    ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK_BYTES);
    long bytes = 0;
    for (Path file : files) {
      try (FileChannel channel = FileChannel.open(file)) {
        while (channel.read(buffer.clear()) >= 0) {
          bytes += buffer.position();
          progress.accept(bytes);
        }
      }
    }
    return new Pass(bytes, files.size(), ticker.nanos() - start);
  }
}
