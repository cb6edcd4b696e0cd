package io.gridset.operator.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.ArrayList;
import java.util.List;

/// How much each kind of nearness to a dataset counts: the argument of the plugin
/// `NodeAffinityWithCache` in Fluid's ConfigMap `webhook-plugins`.
///
/// @param preferred names of nearness, each with a weight from 1 to 100
/// @param required names that a pod's label `fluid.io/dataset.NAME.sched: required` insists on
public record LocalityWeights(List<Weight> preferred, List<String> required) {
  /// Nodes that hold the dataset.
  static final String NODE = "fluid.io/node";

  /// Nodes that have it mounted.
  static final String FUSE = "fluid.io/fuse";

  private static final String PLUGIN = "NodeAffinityWithCache";
  private static final int WEIGHT_MAX = 100;
  private static final YAMLMapper YAML = new YAMLMapper();

  public LocalityWeights {
    preferred = List.copyOf(preferred);
    required = List.copyOf(required);
  }

  /// @param name [#NODE], [#FUSE], or the label of nodes that tells a zone or the like
  public record Weight(String name, int weight) {}

  /// Those of Fluid where nobody says others.
  public static LocalityWeights defaults() {
    return new LocalityWeights(
        List.of(
            new Weight(NODE, WEIGHT_MAX),
            new Weight("topology.kubernetes.io/zone", 50),
            new Weight("topology.kubernetes.io/region", 20)),
        List.of(NODE));
  }

  /// Reads the value of the ConfigMap's key `pluginsProfile`.
  ///
  /// @throws IllegalArgumentException naming what is wrong
  public static LocalityWeights parse(String profile) {
    try {
      for (JsonNode plugin : YAML.readTree(profile).path("pluginConfig")) {
        if (plugin.path("name").asText().equals(PLUGIN)) {
          return arguments(plugin.path("args"));
        }
      }
      return new LocalityWeights(List.of(), List.of());
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("pluginsProfile is no YAML: " + e.getOriginalMessage(), e);
    }
  }

  private static LocalityWeights arguments(JsonNode arguments) throws JsonProcessingException {
    JsonNode read = arguments.isTextual() ? YAML.readTree(arguments.asText()) : arguments;
    List<Weight> preferred = new ArrayList<>();
    for (JsonNode entry : read.path("preferred")) {
      String name = entry.path("name").asText();
      int weight = entry.path("weight").asInt(0);
      if (name.isEmpty() || weight < 1 || weight > WEIGHT_MAX) {
        throw new IllegalArgumentException(
            PLUGIN + ": preferred takes a name and a weight from 1 to 100, not " + entry);
      }
      preferred.add(new Weight(name, weight));
    }
    List<String> required = new ArrayList<>();
    read.path("required").forEach(name -> required.add(name.asText()));
    return new LocalityWeights(preferred, required);
  }
}
