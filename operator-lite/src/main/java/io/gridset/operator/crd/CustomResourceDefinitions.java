package io.gridset.operator.crd;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.gridset.core.schema.FieldType.Fields;
import io.gridset.core.schema.FluidKind;
import io.gridset.core.schema.PrinterColumn;
import java.io.UncheckedIOException;

/// The CustomResourceDefinition of each kind (`apiextensions.k8s.io/v1`), for Kubernetes 1.20 and
/// later. Clusters before 1.25 ignore the rules in the Common Expression Language that stand in it.
/// Pure; thread-safe.
public final class CustomResourceDefinitions {
  /// Names of datasets and runtimes become host names (RFC 1035).
  private static final String HOST_NAME = "^[a-z]([-a-z0-9]*[a-z0-9])?$";

  private static final int LONGEST_HOST_NAME = 63;

  private static final String HEAD =
      """
      # Generated from the model in grid-node/core by tools/generate-manifests.sh; a test compares them.
      """;

  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .disable(YAMLGenerator.Feature.SPLIT_LINES)
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .build();

  private CustomResourceDefinitions() {}

  /// The file that holds a kind's definition below `manifests/crds`.
  public static String fileName(FluidKind kind) {
    return FluidKind.GROUP + "_" + kind.plural() + ".yaml";
  }

  /// The file's text.
  public static String yaml(FluidKind kind) {
    try {
      return HEAD + YAML.writeValueAsString(of(kind));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static ObjectNode of(FluidKind kind) {
    ObjectNode definition = JsonNodeFactory.instance.objectNode();
    definition.put("apiVersion", "apiextensions.k8s.io/v1");
    definition.put("kind", "CustomResourceDefinition");
    ObjectNode metadata = definition.putObject("metadata");
    metadata.put("name", kind.plural() + "." + FluidKind.GROUP);
    metadata.putObject("labels").put("app.kubernetes.io/part-of", "gridset");
    ObjectNode spec = definition.putObject("spec");
    spec.put("group", FluidKind.GROUP);
    names(kind, spec.putObject("names"));
    spec.put("scope", kind.isClusterWide() ? "Cluster" : "Namespaced");
    ObjectNode version = spec.putArray("versions").addObject();
    version.put("name", FluidKind.VERSION);
    version.put("served", true);
    version.put("storage", true);
    columns(kind, version.putArray("additionalPrinterColumns"));
    version.putObject("schema").set("openAPIV3Schema", schema(kind));
    ObjectNode subresources = version.putObject("subresources");
    subresources.putObject("status");
    if (kind.isRuntime()) {
      ObjectNode scale = subresources.putObject("scale");
      scale.put("specReplicasPath", ".spec.replicas");
      scale.put("statusReplicasPath", ".status.currentWorkerNumberScheduled");
      scale.put("labelSelectorPath", ".status.selector");
    }
    return definition;
  }

  private static void names(FluidKind kind, ObjectNode names) {
    names.put("kind", kind.kind());
    names.put("listKind", kind.kind() + "List");
    names.put("plural", kind.plural());
    names.put("singular", kind.singular());
    if (!kind.shortNames().isEmpty()) {
      kind.shortNames().forEach(names.putArray("shortNames")::add);
    }
    kind.categories().forEach(names.putArray("categories")::add);
  }

  private static void columns(FluidKind kind, ArrayNode columns) {
    for (PrinterColumn column : kind.columns()) {
      ObjectNode shown = columns.addObject();
      shown.put("name", column.name());
      shown.put(
          "type",
          switch (column.format()) {
            case TEXT -> "string";
            case NUMBER -> "integer";
            case AGE -> "date";
          });
      shown.put("jsonPath", column.pointer().replace('/', '.'));
      if (column.scope() == PrinterColumn.Scope.WIDE) {
        shown.put("priority", 1);
      }
    }
  }

  private static ObjectNode schema(FluidKind kind) {
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    schema.put("type", "object");
    if (kind.needsSpec()) {
      schema.putArray("required").add("spec");
    }
    ObjectNode properties = schema.putObject("properties");
    properties.putObject("apiVersion").put("type", "string");
    properties.putObject("kind").put("type", "string");
    ObjectNode metadata = properties.putObject("metadata").put("type", "object");
    if (kind == FluidKind.DATASET || kind.isRuntime()) {
      ObjectNode name = metadata.putObject("properties").putObject("name");
      name.put("type", "string");
      name.put("maxLength", LONGEST_HOST_NAME);
      name.put("pattern", HOST_NAME);
    }
    properties.set("spec", part(kind.spec()));
    properties.set("status", part(kind.status()));
    return schema;
  }

  private static ObjectNode part(Fields fields) {
    return SchemaRenderer.render(fields);
  }
}
