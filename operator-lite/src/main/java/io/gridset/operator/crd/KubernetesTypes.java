package io.gridset.operator.crd;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import java.lang.reflect.Field;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Schemas of Kubernetes' own types, such as `Toleration`, read from the classes that fabric8
/// generates from Kubernetes' sources. What these classes do not tell, which fields are required,
/// stands here.
final class KubernetesTypes {
  private static final String PACKAGE = PodSpec.class.getPackageName() + ".";

  /// Kubernetes' quantities, in the form of its own CRDs.
  private static final String QUANTITY =
      "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$";

  /// From Kubernetes' API reference, core/v1.
  private static final Map<String, List<String>> REQUIRED =
      Map.ofEntries(
          Map.entry("PodSpec", List.of("containers")),
          Map.entry("Container", List.of("name")),
          Map.entry("EphemeralContainer", List.of("name")),
          Map.entry("ContainerPort", List.of("containerPort")),
          Map.entry("EnvVar", List.of("name")),
          Map.entry("Volume", List.of("name")),
          Map.entry("VolumeMount", List.of("mountPath", "name")),
          Map.entry("VolumeDevice", List.of("devicePath", "name")),
          Map.entry("NodeSelector", List.of("nodeSelectorTerms")),
          Map.entry("NodeSelectorRequirement", List.of("key", "operator")),
          Map.entry("LabelSelectorRequirement", List.of("key", "operator")),
          Map.entry("PreferredSchedulingTerm", List.of("preference", "weight")),
          Map.entry("PodAffinityTerm", List.of("topologyKey")),
          Map.entry("WeightedPodAffinityTerm", List.of("podAffinityTerm", "weight")),
          Map.entry(
              "TopologySpreadConstraint", List.of("maxSkew", "topologyKey", "whenUnsatisfiable")),
          Map.entry("HostPathVolumeSource", List.of("path")),
          Map.entry("NFSVolumeSource", List.of("path", "server")),
          Map.entry("CSIVolumeSource", List.of("driver")),
          Map.entry("PersistentVolumeClaimVolumeSource", List.of("claimName")),
          Map.entry("KeyToPath", List.of("key", "path")),
          Map.entry("SecretKeySelector", List.of("key")),
          Map.entry("ConfigMapKeySelector", List.of("key")),
          Map.entry("ObjectFieldSelector", List.of("fieldPath")),
          Map.entry("ResourceFieldSelector", List.of("resource")),
          Map.entry("HTTPGetAction", List.of("port")),
          Map.entry("TCPSocketAction", List.of("port")),
          Map.entry("GRPCAction", List.of("port")),
          Map.entry("HTTPHeader", List.of("name", "value")),
          Map.entry("PodReadinessGate", List.of("conditionType")),
          Map.entry("Sysctl", List.of("name", "value")));

  private KubernetesTypes() {}

  /// The schema of a type of Kubernetes' core API.
  ///
  /// @throws IllegalArgumentException for a name that fabric8 does not know
  static ObjectNode schema(String type) {
    if (type.equals("VolumeSource")) {
      ObjectNode volume = schema("Volume");
      volume.remove("required");
      volume.withObject("/properties").remove("name");
      return volume;
    }
    try {
      return schema(Class.forName(PACKAGE + type));
    } catch (ClassNotFoundException e) {
      throw new IllegalArgumentException("Kubernetes has no type " + type, e);
    }
  }

  private static ObjectNode schema(Type type) {
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    if (type instanceof ParameterizedType generic) {
      Type[] arguments = generic.getActualTypeArguments();
      if (generic.getRawType() == List.class) {
        return schema.put("type", "array").set("items", schema(arguments[0]));
      }
      return schema.put("type", "object").set("additionalProperties", schema(arguments[1]));
    }
    return schema((Class<?>) type);
  }

  private static ObjectNode schema(Class<?> type) {
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    if (type == String.class) {
      return schema.put("type", "string");
    } else if (type == Boolean.class) {
      return schema.put("type", "boolean");
    } else if (type == Integer.class) {
      return schema.put("type", "integer").put("format", "int32");
    } else if (type == Long.class) {
      return schema.put("type", "integer").put("format", "int64");
    } else if (type == Quantity.class) {
      return intOrString(schema).put("pattern", QUANTITY);
    } else if (type == IntOrString.class) {
      return intOrString(schema);
    } else if (type == ObjectMeta.class) {
      return metadata(schema);
    }
    schema.put("type", "object");
    List<String> required = REQUIRED.getOrDefault(type.getSimpleName(), List.of());
    if (!required.isEmpty()) {
      required.forEach(schema.putArray("required")::add);
    }
    ObjectNode properties = schema.putObject("properties");
    Map<String, Type> fields = new TreeMap<>();
    for (Field field : type.getDeclaredFields()) {
      JsonProperty property = field.getAnnotation(JsonProperty.class);
      if (property != null) {
        fields.put(property.value(), field.getGenericType());
      }
    }
    if (fields.isEmpty()) {
      throw new IllegalArgumentException(type + " has no fields that could be read");
    }
    fields.forEach((name, value) -> properties.set(name, schema(value)));
    return schema;
  }

  private static ObjectNode intOrString(ObjectNode schema) {
    schema.put("x-kubernetes-int-or-string", true);
    schema.putArray("anyOf").addObject().put("type", "integer");
    schema.withArray("anyOf").addObject().put("type", "string");
    return schema;
  }

  /// What a template's author writes; the rest belongs to the API server.
  private static ObjectNode metadata(ObjectNode schema) {
    ObjectNode properties = schema.put("type", "object").putObject("properties");
    properties.putObject("name").put("type", "string");
    properties.putObject("namespace").put("type", "string");
    for (String map : List.of("labels", "annotations")) {
      properties
          .putObject(map)
          .put("type", "object")
          .putObject("additionalProperties")
          .put("type", "string");
    }
    properties
        .putObject("finalizers")
        .put("type", "array")
        .putObject("items")
        .put("type", "string");
    return schema;
  }
}
