package io.gridset.core.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.dataset.SecretValue;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// A Secret's values, and which options of other manifests are as good as one.
public final class SecretData {
  /// What stands in the place of a value that must not be shown.
  public static final String MASK = "***";

  private static final Pattern SENSITIVE =
      Pattern.compile("secret|passw|passphrase|token|access-?_?\\.?key|credential|metaurl");

  /// The fields of Fluid's manifests that hold free settings.
  private static final Set<String> OPTION_MAPS =
      Set.of("options", "sharedOptions", "properties", "env");

  private SecretData() {}

  /// A value of a Secret in normal form (all values in `data`, in Base64).
  public static Optional<SecretValue> value(JsonNode secret, String key) {
    JsonNode value = secret.path("data").path(key);
    return value.isTextual()
        ? Optional.of(
            new SecretValue(
                new String(Base64.getDecoder().decode(value.textValue()), StandardCharsets.UTF_8)))
        : Optional.empty();
  }

  /// Whether a plain option of this name holds something that must not be shown or logged.
  public static boolean isSensitive(String option) {
    return SENSITIVE.matcher(option.toLowerCase(Locale.ROOT)).find();
  }

  /// A copy of a resource fit to be shown: no value of a Secret, no credential written as a plain
  /// option.
  public static ObjectNode masked(ResourceKind kind, ObjectNode document) {
    ObjectNode copy = document.deepCopy();
    if (kind == ResourceKind.SECRET) {
      if (copy.get("data") instanceof ObjectNode data) {
        data.properties().forEach(entry -> entry.setValue(data.textNode(MASK)));
      }
    } else {
      maskOptions(copy.path("spec"));
    }
    return copy;
  }

  private static void maskOptions(JsonNode node) {
    if (node instanceof ObjectNode object) {
      for (Map.Entry<String, JsonNode> entry : object.properties()) {
        if (OPTION_MAPS.contains(entry.getKey()) && entry.getValue() instanceof ObjectNode map) {
          map.properties().stream()
              .filter(option -> isSensitive(option.getKey()))
              .forEach(option -> option.setValue(map.textNode(MASK)));
        }
      }
    }
    node.forEach(SecretData::maskOptions);
  }
}
