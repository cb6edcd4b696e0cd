package io.gridset.operator.webhook.kube;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.schema.FluidKind;
import io.gridset.operator.webhook.Claim;
import io.gridset.operator.webhook.ClusterFacts;
import io.gridset.operator.webhook.DatasetMount;
import io.gridset.operator.webhook.LocalityWeights;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The cluster as watches tell it. Only a claim that no watch has heard of yet is asked for, since
/// it may be a moment old. Thread-safe.
final class WatchedCluster implements ClusterFacts, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WatchedCluster.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PLUGINS = "webhook-plugins";
  private static final String PROFILE = "pluginsProfile";
  private static final String ENFORCED = "pod-security.kubernetes.io/enforce";

  private final KubernetesClient client;
  private final List<SharedIndexInformer<?>> informers = new ArrayList<>();
  private final SharedIndexInformer<GenericKubernetesResource> datasets;
  private final Map<FluidKind, SharedIndexInformer<GenericKubernetesResource>> runtimes =
      new EnumMap<>(FluidKind.class);
  private final SharedIndexInformer<DaemonSet> fusePods;
  private final SharedIndexInformer<PersistentVolumeClaim> claims;
  private final SharedIndexInformer<Namespace> namespaces;
  private final SharedIndexInformer<ConfigMap> plugins;
  private final WatchedNodes nodes;

  /// The last profile that was read: parsing costs a millisecond.
  private volatile Profile profile = new Profile("", LocalityWeights.defaults());

  private record Profile(String text, LocalityWeights weights) {}

  /// Watches from now on; what there is is known when this returns.
  ///
  /// @param namespace of the ConfigMap with the weights
  WatchedCluster(KubernetesClient client, String namespace) {
    this.client = client;
    this.datasets = watch(generic(FluidKind.DATASET).inAnyNamespace().inform());
    for (FluidKind kind : FluidKind.values()) {
      if (kind.isRuntime()) {
        runtimes.put(kind, watch(generic(kind).inAnyNamespace().inform()));
      }
    }
    this.fusePods =
        watch(
            client
                .apps()
                .daemonSets()
                .inAnyNamespace()
                .withLabel("fluid.io/managed-by", "gridset")
                .inform());
    this.claims = watch(client.persistentVolumeClaims().inAnyNamespace().inform());
    this.namespaces = watch(client.namespaces().inform());
    this.plugins = watch(client.configMaps().inNamespace(namespace).withName(PLUGINS).inform());
    this.nodes = new WatchedNodes(client);
  }

  private <T> SharedIndexInformer<T> watch(SharedIndexInformer<T> informer) {
    informers.add(informer);
    return informer;
  }

  private MixedOperation<GenericKubernetesResource, ?, Resource<GenericKubernetesResource>> generic(
      FluidKind kind) {
    return client.genericKubernetesResources(
        new ResourceDefinitionContext.Builder()
            .withGroup(FluidKind.GROUP)
            .withVersion(FluidKind.VERSION)
            .withKind(kind.kind())
            .withPlural(kind.plural())
            .withNamespaced(!kind.isClusterWide())
            .build());
  }

  @Override
  public Claim claim(String namespace, String name) {
    String key = namespace + "/" + name;
    GenericKubernetesResource dataset = datasets.getIndexer().getByKey(key);
    PersistentVolumeClaim claim = claims.getIndexer().getByKey(key);
    if (dataset == null && claim == null) {
      dataset = generic(FluidKind.DATASET).inNamespace(namespace).withName(name).get();
      claim = client.persistentVolumeClaims().inNamespace(namespace).withName(name).get();
    }
    if (claim != null && !isOfDataset(claim)) {
      return new Claim.Ordinary();
    }
    if (dataset == null) {
      return claim == null ? new Claim.Unknown() : new Claim.Ordinary();
    }
    return new Claim.OfDataset(mount(dataset));
  }

  /// By Fluid's marks: whoever has none of them made the claim for something else.
  private static boolean isOfDataset(PersistentVolumeClaim claim) {
    Map<String, String> labels = claim.getMetadata().getLabels();
    Map<String, String> notes = claim.getMetadata().getAnnotations();
    return (labels != null
            && labels.keySet().stream()
                .anyMatch(
                    key -> key.startsWith("fluid.io/s-") || key.equals("fluid.io/managed-by")))
        || (notes != null && "fluid".equals(notes.get("CreatedBy")));
  }

  private DatasetMount mount(GenericKubernetesResource resource) {
    DatasetReading reading = new DatasetReading(JSON.valueToTree(resource));
    return reading.mount(engine(reading.source().dataset()), nodes);
  }

  private DatasetReading.Engine engine(DatasetName dataset) {
    DaemonSet found =
        fusePods.getIndexer().getByKey(dataset.namespace() + "/" + dataset.name() + "-fuse");
    Optional<FusePods> pods =
        Optional.ofNullable(found).map(set -> new FusePods(JSON.valueToTree(set)));
    return new DatasetReading.Engine(type(dataset.toString()), pods);
  }

  private String type(String key) {
    for (Map.Entry<FluidKind, SharedIndexInformer<GenericKubernetesResource>> entry :
        runtimes.entrySet()) {
      if (entry.getValue().getIndexer().getByKey(key) != null) {
        return entry.getKey().singular().replaceFirst("runtime$", "");
      }
    }
    return "grid";
  }

  @Override
  public LocalityWeights weights() {
    String text = "";
    for (ConfigMap map : plugins.getIndexer().list()) {
      text = map.getData() == null ? "" : map.getData().getOrDefault(PROFILE, "");
    }
    Profile known = profile;
    if (known.text.equals(text)) {
      return known.weights;
    }
    LocalityWeights weights = LocalityWeights.defaults();
    if (!text.isEmpty()) {
      try {
        weights = LocalityWeights.parse(text);
      } catch (IllegalArgumentException e) {
        LOG.warn("ConfigMap {} is passed over: {}", PLUGINS, e.getMessage());
      }
    }
    profile = new Profile(text, weights);
    return weights;
  }

  @Override
  public SidecarForm sidecarForm() {
    return nodes.allKnowNativeSidecars() ? SidecarForm.NATIVE : SidecarForm.ORDINARY;
  }

  @Override
  public Optional<String> podSecurity(String namespace) {
    return Optional.ofNullable(namespaces.getIndexer().getByKey(namespace))
        .map(found -> found.getMetadata().getLabels())
        .map(labels -> labels.get(ENFORCED));
  }

  @Override
  public void close() {
    nodes.close();
    informers.forEach(SharedIndexInformer::stop);
  }
}
