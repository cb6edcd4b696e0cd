package io.gridset.client;

import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.ResourceKind;
import io.gridset.core.object.ObjectName;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Paths and queries of the API.
final class Targets {
  private Targets() {}

  static String datasetPath(DatasetName dataset) {
    return "/v1/datasets/" + encode(dataset.namespace()) + "/" + encode(dataset.name());
  }

  static String resourcePath(ResourceKind kind, DatasetName name) {
    return "/v1/resources/"
        + kind.plural()
        + "/"
        + encode(name.namespace())
        + "/"
        + encode(name.name());
  }

  static String query(Map<String, ?> parameters) {
    StringBuilder query = new StringBuilder();
    parameters.forEach((name, value) -> append(query, name, value));
    return query.toString();
  }

  private static void append(StringBuilder query, String name, @Nullable Object value) {
    if (value != null) {
      query
          .append(query.isEmpty() ? '?' : '&')
          .append(name)
          .append('=')
          .append(encode(value.toString()));
    }
  }

  static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  static String objectPath(ObjectName name) {
    // Its parts hold nothing that a path does not take as it is, but for the plus.
    return "/v1/objects/" + encode(name.namespace()) + "/" + name.path().replace("+", "%2B");
  }

  static String attributes(ObjectAttributesView attributes) {
    StringBuilder query = new StringBuilder();
    append(query, "form", attributes.form());
    append(query, "persist", attributes.persist());
    append(query, "replicas", attributes.replicas());
    append(query, "timeToLiveSeconds", attributes.timeToLiveSeconds());
    append(query, "producer", attributes.producer());
    if (attributes.labels() != null) {
      attributes.labels().forEach((key, value) -> append(query, "label", key + "=" + value));
    }
    if (attributes.parents() != null) {
      attributes.parents().forEach(parent -> append(query, "parent", parent));
    }
    return query.toString();
  }
}
