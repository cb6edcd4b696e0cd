package io.gridset.core.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.core.dataset.Copies;
import io.gridset.core.dataset.MetadataPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What a Dataset's manifest asks for, as far as a node acts on it. Read from a document that
/// [ManifestParser] accepted.
///
/// @param metadataTimes `gridset.io/metadata-ttl` of the annotation or the mounts' options
/// @param copiesText the annotation `gridset.io/copies`, if there is one
public record DatasetSpec(
    List<MountSpec> mounts,
    List<String> accessModes,
    Map<String, String> sharedOptions,
    List<EncryptOption> sharedEncryptOptions,
    List<String> metadataTimes,
    Optional<String> copiesText) {
  /// The annotation, or mount option, that says how long listings are believed.
  public static final String METADATA_TTL = "gridset.io/metadata-ttl";

  /// The annotation that says whether readers keep copies.
  public static final String COPIES = "gridset.io/copies";

  private static final Pattern TIME = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");

  public DatasetSpec {
    mounts = List.copyOf(mounts);
    accessModes = accessModes.isEmpty() ? List.of("ReadOnlyMany") : List.copyOf(accessModes);
    sharedOptions = Map.copyOf(sharedOptions);
    sharedEncryptOptions = List.copyOf(sharedEncryptOptions);
    metadataTimes = List.copyOf(metadataTimes);
  }

  public static DatasetSpec of(JsonNode document) {
    JsonNode spec = document.path("spec");
    List<MountSpec> mounts = new ArrayList<>();
    List<String> times = new ArrayList<>();
    for (JsonNode mount : spec.path("mounts")) {
      Map<String, String> options = texts(mount.path("options"));
      String time = options.remove(METADATA_TTL);
      if (time != null) {
        times.add(time);
      }
      mounts.add(
          new MountSpec(
              mount.path("mountPoint").asText(),
              mount.path("name").asText(""),
              mount.path("path").asText(""),
              options,
              encryptOptions(mount.path("encryptOptions"))));
    }
    JsonNode annotations = document.path("metadata").path("annotations");
    JsonNode annotation = annotations.path(METADATA_TTL);
    if (annotation.isTextual()) {
      times = List.of(annotation.textValue());
    }
    List<String> modes = new ArrayList<>();
    spec.path("accessModes").forEach(mode -> modes.add(mode.asText()));
    return new DatasetSpec(
        mounts,
        modes,
        texts(spec.path("sharedOptions")),
        encryptOptions(spec.path("sharedEncryptOptions")),
        times,
        Optional.ofNullable(annotations.path(COPIES).textValue()));
  }

  /// The dataset this one shares, if any mount says `dataset://`.
  public Optional<DatasetReference> reference() {
    return mounts.stream()
        .flatMap(mount -> DatasetReference.parse(mount.mountPoint()).stream())
        .findFirst();
  }

  /// Whether writing is asked for.
  public boolean wantsWrites() {
    return accessModes.stream().anyMatch(mode -> mode.startsWith("ReadWrite"));
  }

  /// The annotation's policy, else the shortest of the mounts', else 60 seconds.
  public MetadataPolicy metadataPolicy() {
    return metadataTimes.stream()
        .flatMap(time -> parseTime(time).stream())
        .min(java.util.Comparator.comparing(MetadataPolicy::timeToLive))
        .orElse(MetadataPolicy.DEFAULT);
  }

  /// What the annotation says; copies are kept while there is room without one.
  public Copies copies() {
    return copiesText.flatMap(DatasetSpec::parseCopies).orElse(Copies.WHILE_THERE_IS_ROOM);
  }

  /// Empty for anything but `none`.
  static Optional<Copies> parseCopies(String text) {
    return text.equals("none") ? Optional.of(Copies.NONE) : Optional.empty();
  }

  /// `immutable`, `always`, or a time such as `60s`; empty for anything else.
  static Optional<MetadataPolicy> parseTime(String text) {
    if (text.equals("immutable")) {
      return Optional.of(MetadataPolicy.IMMUTABLE);
    }
    if (text.equals("always")) {
      return Optional.of(MetadataPolicy.ALWAYS);
    }
    Matcher matcher = TIME.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    long amount = Long.parseLong(matcher.group(1));
    Duration time =
        switch (matcher.group(2)) {
          case "ms" -> Duration.ofMillis(amount);
          case "s" -> Duration.ofSeconds(amount);
          case "m" -> Duration.ofMinutes(amount);
          case "h" -> Duration.ofHours(amount);
          default -> Duration.ofDays(amount);
        };
    Duration longest = MetadataPolicy.IMMUTABLE.timeToLive();
    return Optional.of(new MetadataPolicy(time.compareTo(longest) > 0 ? longest : time));
  }

  /// Without options, whose values may be secrets.
  @Override
  public String toString() {
    return "DatasetSpec" + mounts;
  }

  static Map<String, String> texts(JsonNode map) {
    Map<String, String> texts = new LinkedHashMap<>();
    map.properties()
        .forEach(
            entry -> {
              if (!entry.getValue().isNull()) {
                texts.put(entry.getKey(), entry.getValue().asText());
              }
            });
    return texts;
  }

  private static List<EncryptOption> encryptOptions(JsonNode list) {
    List<EncryptOption> options = new ArrayList<>();
    for (JsonNode option : list) {
      JsonNode reference = option.path("valueFrom").path("secretKeyRef");
      options.add(
          new EncryptOption(
              option.path("name").asText(),
              reference.path("name").asText(),
              reference.path("key").asText()));
    }
    return options;
  }
}
