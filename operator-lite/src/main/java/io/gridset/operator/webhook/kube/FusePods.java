package io.gridset.operator.webhook.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.operator.webhook.DatasetMount.Access;
import io.gridset.operator.webhook.DatasetMount.FuseTemplate;
import io.gridset.operator.webhook.DatasetMount.Source;
import io.gridset.operator.webhook.DatasetMount.Token;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The DaemonSet that mounts a dataset on nodes, `NAME-fuse`: what its pods are told, a sidecar is
/// told as well, so that there is one place where a runtime says how it is reached.
///
/// @param resource the DaemonSet
record FusePods(JsonNode resource) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MEMBERS = "--reader-of";
  private static final String CLUSTER = "--cluster";
  private static final String TOKEN_FILE = "--cluster-token-file";

  /// Nodes get it when a pod there uses the dataset; a sidecar is its own such pod.
  private static final String ON_DEMAND = "fluid.io/f-";

  private JsonNode pod() {
    return resource.path("spec").path("template").path("spec");
  }

  private JsonNode container() {
    return pod().path("containers").path(0);
  }

  Access access(Source source) {
    return access(source, argument(TOKEN_FILE).flatMap(this::token));
  }

  /// The same with another token than the DaemonSet's own.
  Access access(Source source, Token token) {
    return access(source, Optional.of(token));
  }

  private Access access(Source source, Optional<Token> token) {
    Optional<String> members = argument(MEMBERS);
    Optional<String> cluster = argument(CLUSTER);
    if (members.isEmpty() || cluster.isEmpty() || token.isEmpty()) {
      return new Access.Missing(
          "DaemonSet %s does not say %s, %s and %s with a file of a Secret: it was made by another version"
              .formatted(
                  resource.path("metadata").path("name").asText(), MEMBERS, CLUSTER, TOKEN_FILE));
    }
    return new Access.Grid(members.get(), cluster.get(), token.get(), source);
  }

  /// The value of `--name=value` or `--name value`.
  private Optional<String> argument(String name) {
    List<String> words = new ArrayList<>();
    container().path("command").forEach(word -> words.add(word.asText()));
    container().path("args").forEach(word -> words.add(word.asText()));
    for (int i = 0; i < words.size(); i++) {
      if (words.get(i).startsWith(name + "=")) {
        return Optional.of(words.get(i).substring(name.length() + 1));
      }
      if (words.get(i).equals(name) && i + 1 < words.size()) {
        return Optional.of(words.get(i + 1));
      }
    }
    return Optional.empty();
  }

  /// The Secret whose volume the file is in.
  private Optional<Token> token(String file) {
    for (JsonNode mount : container().path("volumeMounts")) {
      String directory = mount.path("mountPath").asText() + "/";
      if (file.startsWith(directory)) {
        return token(mount.path("name").asText(), file.substring(directory.length()));
      }
    }
    return Optional.empty();
  }

  private Optional<Token> token(String volume, String path) {
    for (JsonNode candidate : pod().path("volumes")) {
      JsonNode secret = candidate.path("secret");
      if (candidate.path("name").asText().equals(volume) && secret.has("secretName")) {
        String key = path;
        for (JsonNode item : secret.path("items")) {
          key = item.path("path").asText().equals(path) ? item.path("key").asText() : key;
        }
        return Optional.of(new Token(secret.path("secretName").asText(), key));
      }
    }
    return Optional.empty();
  }

  FuseTemplate template() {
    Map<String, String> selector = new HashMap<>();
    for (Map.Entry<String, JsonNode> entry : pod().path("nodeSelector").properties()) {
      if (!entry.getKey().startsWith(ON_DEMAND)) {
        selector.put(entry.getKey(), entry.getValue().asText());
      }
    }
    return new FuseTemplate(
        container().path("image").asText(),
        list(container().path("env")),
        container().path("resources") instanceof ObjectNode given ? given : JSON.createObjectNode(),
        selector,
        list(pod().path("imagePullSecrets")));
  }

  private static ArrayNode list(JsonNode node) {
    return node instanceof ArrayNode list ? list : JSON.createArrayNode();
  }
}
