package io.gridset.node;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.gridset.core.manifest.NearestName;
import io.gridset.core.store.StorageException;
import io.gridset.core.unit.DataSize;
import io.gridset.server.store.range.TlsTrust;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/// Reads a node's settings: command line before file before environment before defaults. All that
/// is wrong is told at once, each with the place it came from; an unknown key is an error that
/// names the nearest valid one. Pure but for reading the file.
public final class NodeConfig {
  /// The keys of the settings file.
  static final List<String> KEYS =
      Stream.concat(
              Stream.of(
                  "stateDir",
                  "runDir",
                  "listen",
                  "memory",
                  "caFile",
                  "objectsQuota",
                  "objectsReserve",
                  "objectsSpill",
                  "flightListen"),
              ClusterConfig.KEYS.stream())
          .toList();

  private static final String DEFAULT_MEMORY = "1Gi";

  /// Of less, the first object takes all.
  private static final DataSize OBJECTS_QUOTA_MIN = DataSize.parse("1Mi");

  private final Map<String, String> environment;
  private final Map<String, Given> given = new LinkedHashMap<>();
  private final List<String> problems = new ArrayList<>();

  private record Given(String value, String source) {}

  /// @param environment of the process; `GRIDSET_STATE_DIR` and the like are settings too
  public NodeConfig(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
    for (String key : KEYS) {
      fromEnvironment(key, "GRIDSET_" + separated(key, "_").toUpperCase(Locale.ROOT));
    }
  }

  private void fromEnvironment(String key, String variable) {
    String value = environment.get(variable);
    if (value != null && !value.isEmpty()) {
      given.put(key, new Given(value, variable));
    }
  }

  /// Takes the settings of a YAML file.
  public NodeConfig file(Path file) throws IOException {
    String text;
    try {
      text = Files.readString(file);
    } catch (NoSuchFileException _) {
      problems.add("there is no settings file " + file);
      return this;
    }
    try {
      JsonNode tree = new YAMLMapper().readTree(text);
      if (!tree.isMissingNode() && !tree.isNull() && !tree.isObject()) {
        problems.add(file + ": settings are `key: value` lines");
        return this;
      }
      tree.properties().forEach(entry -> take(file, entry.getKey(), entry.getValue()));
    } catch (JacksonException e) {
      problems.add(file + ": not YAML: " + e.getOriginalMessage());
    }
    return this;
  }

  private void take(Path file, String key, JsonNode value) {
    if (!KEYS.contains(key)) {
      problems.add(
          file
              + ": unknown setting "
              + key
              + NearestName.of(key, KEYS)
                  .map(near -> ", did you mean " + near + "?")
                  .orElse("; there are " + String.join(", ", KEYS)));
    } else if (!value.isValueNode() || value.isNull()) {
      problems.add(file + ": " + key + " needs a single value");
    } else {
      given.put(key, new Given(value.asText(), file + ": " + key));
    }
  }

  /// Takes an option of the command line, when it was given.
  public NodeConfig option(String key, Optional<String> value) {
    value.ifPresent(v -> given.put(key, new Given(v, "--" + separated(key, "-"))));
    return this;
  }

  private static String separated(String key, String separator) {
    return key.replaceAll("([A-Z])", separator + "$1").toLowerCase(Locale.ROOT);
  }

  /// @throws IllegalArgumentException listing all that is wrong
  public NodeSettings settings() {
    Path state = value("stateDir", Path::of).orElseGet(() -> defaultStateDirectory(environment));
    Path run = value("runDir", Path::of).orElseGet(() -> defaultRunDirectory(environment));
    Optional<NodeSettings.ListenAddress> listen =
        value("listen", NodeSettings.ListenAddress::parse);
    DataSize memory =
        value("memory", NodeConfig::positive).orElseGet(() -> DataSize.parse(DEFAULT_MEMORY));
    Optional<Path> caFile = value("caFile", NodeConfig::certificates);
    ClusterConfig grid = new ClusterConfig(this::value, problems);
    Optional<ClusterSettings> cluster = grid.cluster();
    Optional<ReaderSettings> reader = grid.reader();
    ObjectSettings objects =
        new ObjectSettings(
            value("objectsQuota", NodeConfig::objectsQuota),
            value("objectsReserve", DataSize::parse),
            value("objectsSpill", Path::of),
            value("flightListen", NodeSettings.ListenAddress::parse)
                .map(address -> new ObjectSettings.Flight(address, grid.tls())));
    if (reader.isPresent() && objects.flight().isPresent()) {
      problems.add(
          "flightListen: a node that only reads has no objects; they are served by members");
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("\n", problems));
    }
    return new NodeSettings(state, run, listen, memory, caFile, objects, cluster, reader);
  }

  private static Path certificates(String text) {
    try {
      new TlsTrust(Path.of(text)).checkFile();
    } catch (StorageException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
    return Path.of(text);
  }

  private static DataSize positive(String text) {
    DataSize size = DataSize.parse(text);
    if (size.bytes() == 0) {
      throw new IllegalArgumentException("a tier of 0 bytes caches nothing");
    }
    return size;
  }

  private static DataSize objectsQuota(String text) {
    DataSize size = DataSize.parse(text);
    if (size.bytes() < OBJECTS_QUOTA_MIN.bytes()) {
      throw new IllegalArgumentException("at least " + OBJECTS_QUOTA_MIN + ", not " + size);
    }
    return size;
  }

  private <T> Optional<T> value(String key, Function<String, T> reader) {
    Given found = given.get(key);
    if (found == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(reader.apply(found.value()));
    } catch (IllegalArgumentException e) {
      problems.add(found.source() + ": " + e.getMessage());
      return Optional.empty();
    }
  }

  /// `$XDG_RUNTIME_DIR/gridset`; `/run/gridset` for root.
  public static Path defaultRunDirectory(Map<String, String> environment) {
    String given = environment.get("GRIDSET_RUN_DIR");
    if (given != null && !given.isEmpty()) {
      return Path.of(given);
    }
    if (isRoot()) {
      return Path.of("/run/gridset");
    }
    String runtime = environment.get("XDG_RUNTIME_DIR");
    return runtime == null || runtime.isEmpty()
        ? Path.of(
            System.getProperty("java.io.tmpdir"), "gridset-" + System.getProperty("user.name"))
        : Path.of(runtime, "gridset");
  }

  /// `~/.local/state/gridset`; `/var/lib/gridset` for root.
  static Path defaultStateDirectory(Map<String, String> environment) {
    if (isRoot()) {
      return Path.of("/var/lib/gridset");
    }
    String state = environment.get("XDG_STATE_HOME");
    return state == null || state.isEmpty()
        ? Path.of(System.getProperty("user.home"), ".local", "state", "gridset")
        : Path.of(state, "gridset");
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }
}
