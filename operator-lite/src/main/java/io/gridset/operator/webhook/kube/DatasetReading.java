package io.gridset.operator.webhook.kube;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Node;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.DatasetReference;
import io.gridset.core.manifest.DatasetSpec;
import io.gridset.operator.reconcile.HeldBytes;
import io.gridset.operator.reconcile.RuntimeTokens;
import io.gridset.operator.webhook.DatasetMount;
import io.gridset.operator.webhook.DatasetMount.Access;
import io.gridset.operator.webhook.DatasetMount.FuseTemplate;
import io.gridset.operator.webhook.DatasetMount.Holder;
import io.gridset.operator.webhook.DatasetMount.Source;
import io.gridset.operator.webhook.DatasetMount.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads what a pod's mount needs out of a Dataset and what was made for its runtime.
record DatasetReading(JsonNode dataset) {
  private static final Logger LOG = LoggerFactory.getLogger(DatasetReading.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /// Where the runtime is.
  ///
  /// @param type Fluid's word for the engine
  record Engine(String type, Optional<FusePods> fuse) {}

  private DatasetName name() {
    JsonNode metadata = dataset.path("metadata");
    return new DatasetName(metadata.path("namespace").asText(), metadata.path("name").asText());
  }

  /// What is mounted: all of this dataset, or what it refers to.
  Source source() {
    Optional<DatasetReference> reference = DatasetSpec.of(dataset).reference();
    return reference
        .map(other -> new Source(other.original(), other.subPath()))
        .orElseGet(() -> new Source(name(), ""));
  }

  DatasetMount mount(Engine engine, WatchedNodes nodes) {
    JsonNode metadata = dataset.path("metadata");
    DatasetMount bare =
        new DatasetMount(
            name(),
            metadata.path("uid").asText(),
            engine.type(),
            dataset.path("status").path("phase").asText(),
            access(engine),
            engine.fuse().map(FusePods::template).orElseGet(FuseTemplate::none),
            List.of());
    return bare.withHolders(holders(nodes.labelled(bare.workerLabel())));
  }

  /// A dataset of another namespace is read under this one's name, with the token that this
  /// namespace has for it: members show as much of the other as is granted.
  private Access access(Engine engine) {
    Source source = source();
    if (engine.fuse().isEmpty()) {
      return new Access.Missing(
          "nothing was made for its runtime yet: kubectl describe dataset %s -n %s says what it waits for; controllers try again by themselves"
              .formatted(name().name(), name().namespace()));
    }
    boolean elsewhere = !source.dataset().namespace().equals(name().namespace());
    return elsewhere
        ? engine
            .fuse()
            .get()
            .access(new Source(name(), ""), new Token(RuntimeTokens.READERS, name().name()))
        : engine.fuse().get().access(source);
  }

  private List<Holder> holders(List<Node> nodes) {
    JsonNode held = held();
    List<Holder> holders = new ArrayList<>();
    for (Node node : nodes) {
      String name = node.getMetadata().getName();
      holders.add(new Holder(name, held.path(name).asLong(-1), WatchedNodes.labels(node)));
    }
    return holders;
  }

  private JsonNode held() {
    String text = dataset.path("metadata").path("annotations").path(HeldBytes.ANNOTATION).asText();
    try {
      return text.isEmpty() ? JSON.createObjectNode() : JSON.readTree(text);
    } catch (JsonProcessingException e) {
      LOG.warn("{}: {} of {} is no JSON", HeldBytes.ANNOTATION, text, name());
      return JSON.createObjectNode();
    }
  }
}
