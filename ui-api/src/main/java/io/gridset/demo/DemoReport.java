package io.gridset.demo;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;

/// The demo's figures.
///
/// @param originBytes body bytes that the object store sent from start to end
public record DemoReport(
    long datasetBytes,
    TreeReader.Pass cold,
    TreeReader.Pass warm,
    TreeReader.Pass tmpfs,
    long originBytes,
    double rateMegabytesPerSecond) {

  /// The JSON form; names as the issue gives them.
  public record Figures(
      @JsonProperty double coldSeconds,
      @JsonProperty double warmSeconds,
      @JsonProperty double tmpfsSeconds,
      @JsonProperty double ratio,
      @JsonProperty double originRatio,
      @JsonProperty long datasetBytes,
      @JsonProperty long originBytes,
      @JsonProperty long files,
      @JsonProperty double coldMegabytesPerSecond,
      @JsonProperty double warmMegabytesPerSecond,
      @JsonProperty double storeMegabytesPerSecond) {}

  public Figures figures() {
    return new Figures(
        cold.seconds(),
        warm.seconds(),
        tmpfs.seconds(),
        cold.seconds() / warm.seconds(),
        originRatio(),
        datasetBytes,
        originBytes,
        cold.files(),
        cold.megabytesPerSecond(),
        warm.megabytesPerSecond(),
        rateMegabytesPerSecond);
  }

  double originRatio() {
    return (double) originBytes / datasetBytes;
  }

  public String table() {
    return "%-34s %9s %10s %8s%n".formatted("", "SECONDS", "MB/S", "RATIO")
        + row("cold, from the object store", cold, 1)
        + row("warm, from the mount", warm, cold.seconds() / warm.seconds())
        + row("the same bytes on tmpfs itself", tmpfs, cold.seconds() / tmpfs.seconds())
        + String.format(
            Locale.ROOT,
            "%norigin bytes / dataset bytes = %.2f  (%d files, %.1f MB, store limited to %.0f MB/s)%n",
            originRatio(),
            cold.files(),
            datasetBytes / 1e6,
            rateMegabytesPerSecond);
  }

  private static String row(String title, TreeReader.Pass pass, double ratio) {
    return String.format(
        Locale.ROOT,
        "%-34s %9.2f %10.1f %7.1fx%n",
        title,
        pass.seconds(),
        pass.megabytesPerSecond(),
        ratio);
  }
}
