package io.gridset.operator.crd;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.schema.FieldType;
import io.gridset.core.schema.FieldType.AnyList;
import io.gridset.core.schema.FieldType.AnyObject;
import io.gridset.core.schema.FieldType.Anything;
import io.gridset.core.schema.FieldType.Choice;
import io.gridset.core.schema.FieldType.Field;
import io.gridset.core.schema.FieldType.Fields;
import io.gridset.core.schema.FieldType.Flag;
import io.gridset.core.schema.FieldType.Items;
import io.gridset.core.schema.FieldType.Kubernetes;
import io.gridset.core.schema.FieldType.Numbers;
import io.gridset.core.schema.FieldType.Quantity;
import io.gridset.core.schema.FieldType.Ratio;
import io.gridset.core.schema.FieldType.Rule;
import io.gridset.core.schema.FieldType.Text;
import io.gridset.core.schema.FieldType.Texts;
import io.gridset.core.schema.FieldType.Treatment;
import io.gridset.core.schema.FieldType.Whole;
import java.util.List;

/// Turns a field's type into a structural OpenAPI schema (Kubernetes' "Specifying a structural
/// schema").
final class SchemaRenderer {
  private static final String KEEP_UNKNOWN = "x-kubernetes-preserve-unknown-fields";

  /// What `DataSize` reads.
  private static final String SIZE = "^[0-9]+(\\.[0-9]+)?([KMGTP]i|[kMGTP])?$";

  private static final String RATIO = "^(0(\\.[0-9]+)?|1(\\.0+)?|\\.[0-9]+)$";

  /// Longer ratios say no more; the limit also bounds what an API server thinks a rule may cost.
  private static final int LONGEST_RATIO = 20;

  private SchemaRenderer() {}

  static ObjectNode render(FieldType type) {
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    switch (type) {
      case Text text -> text(text, schema);
      case Choice choice -> {
        schema.put("type", "string");
        choice.words().forEach(schema.putArray("enum")::add);
      }
      case Quantity() -> {
        schema.put("x-kubernetes-int-or-string", true);
        schema.putArray("anyOf").addObject().put("type", "integer");
        schema.withArray("anyOf").addObject().put("type", "string");
        schema.put("pattern", SIZE);
      }
      case Ratio() -> {
        schema.put("type", "string");
        schema.put("maxLength", LONGEST_RATIO);
        schema.put("pattern", RATIO);
      }
      case Flag() -> schema.put("type", "boolean");
      case Whole whole -> whole(whole, schema);
      case Texts() ->
          schema.put("type", "object").putObject("additionalProperties").put("type", "string");
      case Numbers() -> {
        ObjectNode values = schema.put("type", "object").putObject("additionalProperties");
        values.put("type", "integer");
        values.put("format", "int32");
      }
      case Items items -> {
        schema.put("type", "array");
        if (items.minItems() > 0) {
          schema.put("minItems", items.minItems());
        }
        schema.set("items", render(items.item()));
      }
      case Kubernetes kubernetes -> schema.setAll(KubernetesTypes.schema(kubernetes.type()));
      case AnyObject() -> schema.put("type", "object").put(KEEP_UNKNOWN, true);
      case AnyList() -> schema.put("type", "array").putObject("items").put(KEEP_UNKNOWN, true);
      case Anything() -> schema.put(KEEP_UNKNOWN, true);
      case Fields fields -> fields(fields, schema);
    }
    return schema;
  }

  private static void text(Text text, ObjectNode schema) {
    schema.put("type", "string");
    if (text.minLength() > 0) {
      schema.put("minLength", text.minLength());
    }
    if (!text.pattern().isEmpty()) {
      schema.put("pattern", text.pattern());
    }
    if (!text.format().isEmpty()) {
      schema.put("format", text.format());
    }
  }

  private static void whole(Whole whole, ObjectNode schema) {
    boolean small = whole.max() <= Integer.MAX_VALUE;
    schema.put("type", "integer");
    schema.put("format", small ? "int32" : "int64");
    schema.put("minimum", whole.min());
    if (whole.max() != (small ? Integer.MAX_VALUE : Long.MAX_VALUE)) {
      schema.put("maximum", whole.max());
    }
  }

  private static void fields(Fields fields, ObjectNode schema) {
    schema.put("type", "object");
    List<Field> required =
        fields.byName().values().stream()
            .filter(field -> field.treatment() == Treatment.REQUIRED)
            .toList();
    if (!required.isEmpty()) {
      ArrayNode names = schema.putArray("required");
      required.forEach(field -> names.add(field.name()));
    }
    ObjectNode properties = schema.putObject("properties");
    for (Field field : fields.byName().values()) {
      ObjectNode property = properties.putObject(field.name());
      if (!field.about().isEmpty()) {
        property.put("description", field.about());
      }
      property.setAll(render(field.type()));
      field.byDefault().ifPresent(value -> byDefault(value, property));
    }
    fields.rules().forEach(rule -> rule(rule, schema));
  }

  private static void byDefault(Object value, ObjectNode property) {
    switch (value) {
      case String text -> property.put("default", text);
      case Integer number -> property.put("default", number);
      case Boolean flag -> property.put("default", flag);
      default -> throw new IllegalArgumentException("no default can be " + value);
    }
  }

  private static void rule(Rule rule, ObjectNode schema) {
    switch (rule) {
      case Rule.ExactlyOne(List<String> names) -> eachRequired(names, schema.putArray("oneOf"));
      case Rule.AtLeastOne(List<String> names) -> eachRequired(names, schema.putArray("anyOf"));
      case Rule.Holds(String expression, String message) ->
          schema
              .withArray("x-kubernetes-validations")
              .addObject()
              .put("rule", expression)
              .put("message", message);
    }
  }

  private static void eachRequired(List<String> names, ArrayNode alternatives) {
    names.forEach(name -> alternatives.addObject().putArray("required").add(name));
  }
}
