package io.gridset.server.control;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/// Settings of the control plane.
///
/// @param stateDirectory holds the journal; one node at a time may use it
/// @param secretDirectory where secrets may stand as files `<namespace>/<secret>/<key>` or
///   `<secret>/<key>`
/// @param environment where secrets may stand as `GRIDSET_SECRET_<SECRET>_<KEY>`
/// @param tick how often everything is compared even when nothing is known to have changed
public record ControlSettings(
    Path stateDirectory,
    Optional<Path> secretDirectory,
    Map<String, String> environment,
    Duration tick) {
  /// Often enough to notice a secret file that appears, seldom enough to cost nothing.
  public static final Duration DEFAULT_TICK = Duration.ofSeconds(5);

  public ControlSettings {
    environment = Map.copyOf(environment);
    if (!tick.isPositive()) {
      throw new IllegalArgumentException("tick must be positive: " + tick);
    }
  }

  /// Without the environment, which may hold secrets.
  @Override
  public String toString() {
    return "ControlSettings[" + stateDirectory + ", tick " + tick + "]";
  }
}
