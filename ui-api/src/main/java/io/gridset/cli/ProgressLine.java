package io.gridset.cli;

import io.gridset.core.dataset.LoadProgress;
import io.gridset.core.unit.DataSize;
import java.time.Duration;

/// One line that tells how far a load is: bytes, files, rate, time to go. Pure.
final class ProgressLine {
  private static final int BAR_MIN = 10;
  private static final int BAR_MAX = 40;

  private ProgressLine() {}

  /// @param columns width of the terminal that must not be exceeded; 0 for no bar
  static String of(LoadProgress progress, double bytesPerSecond, int columns) {
    if (progress.phase() == LoadProgress.Phase.LISTING) {
      return "listing: "
          + progress.totalFiles()
          + " files, "
          + new DataSize(progress.totalBytes()).display();
    }
    String figures =
        Percentage.of(progress.cachedBytes(), progress.totalBytes())
            + "  "
            + new DataSize(progress.cachedBytes()).display()
            + "/"
            + new DataSize(progress.totalBytes()).display()
            + "  "
            + progress.cachedFiles()
            + "/"
            + progress.totalFiles()
            + " files"
            + rate(progress, bytesPerSecond);
    int room = Math.min(BAR_MAX, columns - figures.length() - 4);
    if (room < BAR_MIN) {
      return columns > 0 && figures.length() >= columns
          ? figures.substring(0, columns - 1)
          : figures;
    }
    return bar(progress, room) + " " + figures;
  }

  private static String rate(LoadProgress progress, double bytesPerSecond) {
    if (progress.phase().isEnd() || bytesPerSecond < 1) {
      return "";
    }
    long left = progress.totalBytes() - progress.cachedBytes();
    return "  "
        + new DataSize((long) bytesPerSecond).display()
        + "/s  "
        + Age.of(Duration.ofSeconds(Math.round(Math.ceil(left / bytesPerSecond))))
        + " to go";
  }

  private static String bar(LoadProgress progress, int width) {
    long total = progress.totalBytes();
    int full = total <= 0 ? width : (int) (progress.cachedBytes() * (double) width / total);
    int done = Math.clamp(full, 0, width);
    return "[" + "#".repeat(done) + ".".repeat(width - done) + "]";
  }
}
