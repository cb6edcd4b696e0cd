package io.gridset.operator.webhook.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.gridset.core.dataset.DatasetName;
import io.gridset.operator.webhook.DatasetMount.Access;
import io.gridset.operator.webhook.DatasetMount.Source;
import io.gridset.operator.webhook.DatasetMount.Token;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// What the operator renders is what the webhook reads.
class FusePodsTest {
  private static final Path GOLDEN =
      Path.of(
          System.getProperty("gridset.root", "."),
          "operator-lite/src/test/resources/golden/1-model-serving.default.yaml");

  @Test
  void theOperatorsOwnDaemonSetTellsASidecarHowToRead() throws Exception {
    JsonNode daemonSet = null;
    JsonNode secret = null;
    try (var documents =
        new YAMLMapper().readerFor(JsonNode.class).<JsonNode>readValues(GOLDEN.toFile())) {
      while (documents.hasNext()) {
        JsonNode document = documents.next();
        String kind = document.path("kind").asText();
        daemonSet = kind.equals("DaemonSet") ? document : daemonSet;
        secret = kind.equals("Secret") && hasReader(document) ? document : secret;
      }
    }
    Source source = new Source(new DatasetName("default", "serverless-data"), "");
    assertThat(new FusePods(daemonSet).access(source))
        .isEqualTo(
            new Access.Grid(
                "serverless-data-worker-0.serverless-data-worker.default.svc:5801",
                "00000000-0000-4000-8000-000000000001",
                new Token(secret.at("/metadata/name").asText(), "serverless-data"),
                source));
  }

  private static boolean hasReader(JsonNode secret) {
    return secret.path("data").has("serverless-data");
  }
}
