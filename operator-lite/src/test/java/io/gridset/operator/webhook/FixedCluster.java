package io.gridset.operator.webhook;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.gridset.core.dataset.DatasetName;
import io.gridset.operator.webhook.DatasetMount.Access;
import io.gridset.operator.webhook.DatasetMount.FuseTemplate;
import io.gridset.operator.webhook.DatasetMount.Source;
import io.gridset.operator.webhook.DatasetMount.Token;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A cluster that is what a test says.
final class FixedCluster implements ClusterFacts {
  private final Map<String, Claim> claims = new HashMap<>();
  SidecarForm form = SidecarForm.NATIVE;
  LocalityWeights weights = LocalityWeights.defaults();
  Optional<String> podSecurity = Optional.empty();

  /// A dataset of the namespace `default`, with workers.
  static DatasetMount dataset(String name, String runtime, String phase) {
    DatasetName dataset = new DatasetName("default", name);
    JsonNodeFactory json = JsonNodeFactory.instance;
    return new DatasetMount(
        dataset,
        "0f3c2f7e-0000-4000-8000-000000000001",
        runtime,
        phase,
        new Access.Grid(
            "%s-worker-0.%s-worker.default.svc:5801".formatted(name, name),
            "grid-of-" + name,
            new Token(name + "-token-1a2b3c4d", "cluster"),
            new Source(dataset, "")),
        new FuseTemplate(
            "registry.example/gridset:1",
            json.arrayNode(),
            json.objectNode(),
            Map.of(),
            json.arrayNode()),
        List.of());
  }

  FixedCluster with(DatasetMount dataset) {
    return with(dataset.name().name(), new Claim.OfDataset(dataset));
  }

  FixedCluster with(String claim, Claim what) {
    claims.put("default/" + claim, what);
    return this;
  }

  @Override
  public Claim claim(String namespace, String name) {
    return claims.getOrDefault(namespace + "/" + name, new Claim.Unknown());
  }

  @Override
  public LocalityWeights weights() {
    return weights;
  }

  @Override
  public SidecarForm sidecarForm() {
    return form;
  }

  @Override
  public Optional<String> podSecurity(String namespace) {
    return podSecurity;
  }
}
