package io.gridset.operator.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The claims that a pod's volumes name, told apart.
///
/// @param datasets volumes with claims of datasets, in the order of the volumes
/// @param unknown names of claims that are nowhere
record PodClaims(List<Use> datasets, List<String> unknown) {
  /// A volume with a dataset's claim.
  ///
  /// @param volume its name
  record Use(String volume, DatasetMount dataset, boolean isReadOnly) {}

  static PodClaims of(PodRequest request, ClusterFacts facts) {
    List<Use> datasets = new ArrayList<>();
    List<String> unknown = new ArrayList<>();
    for (JsonNode volume : request.pod().path("spec").path("volumes")) {
      JsonNode source = volume.path("persistentVolumeClaim");
      String name = source.path("claimName").asText();
      if (!name.isEmpty()) {
        switch (facts.claim(request.namespace(), name)) {
          case Claim.OfDataset(DatasetMount dataset) ->
              datasets.add(
                  new Use(
                      volume.path("name").asText(),
                      dataset,
                      source.path("readOnly").asBoolean(false)));
          case Claim.Ordinary() -> {}
          case Claim.Unknown() -> unknown.add(name);
        }
      }
    }
    return new PodClaims(datasets, unknown);
  }

  /// The first container of that list that mounts one of the datasets, by its name.
  Optional<String> mountedIn(JsonNode containers) {
    for (JsonNode container : containers) {
      for (JsonNode mount : container.path("volumeMounts")) {
        String volume = mount.path("name").asText();
        if (datasets.stream().anyMatch(use -> use.volume().equals(volume))) {
          return Optional.of(container.path("name").asText());
        }
      }
    }
    return Optional.empty();
  }
}
