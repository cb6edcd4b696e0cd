package io.gridset.node;

import io.gridset.api.NodeFacts;
import io.gridset.client.NodeView;
import io.gridset.core.dataset.DatasetHost.Disposal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Tells about this process. Memory comes from Linux' `/proc`, and is 0 elsewhere.
final class ProcessFacts implements NodeFacts {
  private final NodeSettings settings;
  private final NodeParts parts;
  private final InstantSource clock;
  private final Instant started;
  private final Supplier<List<String>> listening;
  private final Consumer<Disposal> stop;

  /// @param listening asked at each description: a port is known only once it is bound
  ProcessFacts(
      NodeSettings settings,
      NodeParts parts,
      InstantSource clock,
      Supplier<List<String>> listening,
      Consumer<Disposal> stop) {
    this.settings = settings;
    this.parts = parts;
    this.clock = clock;
    this.started = clock.instant();
    this.listening = listening;
    this.stop = stop;
  }

  @Override
  public NodeView describe() {
    return new NodeView(
        BuildVersion.current(),
        ProcessHandle.current().pid(),
        started,
        Duration.between(started, clock.instant()).toMillis(),
        settings.stateDirectory().toString(),
        listening.get(),
        parts.host().cacheUsage(),
        parts.members(),
        memory(),
        parts.objects().figures());
  }

  private static NodeView.Memory memory() {
    Runtime runtime = Runtime.getRuntime();
    return new NodeView.Memory(
        runtime.totalMemory() - runtime.freeMemory(),
        runtime.maxMemory(),
        kibibytes(Path.of("/proc/self/status"), "VmRSS"),
        kibibytes(Path.of("/proc/meminfo"), "MemAvailable"));
  }

  private static long kibibytes(Path file, String key) {
    try {
      Matcher line = Pattern.compile(key + ":\\s+([0-9]+) kB").matcher(Files.readString(file));
      return line.find() ? Long.parseLong(line.group(1)) << 10 : 0;
    } catch (IOException _) {
      return 0; // not Linux
    }
  }

  @Override
  public void stop(Disposal disposal) {
    stop.accept(disposal);
  }
}
