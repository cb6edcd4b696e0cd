package io.gridset.core.schema;

import io.gridset.core.schema.FieldType.Choice;
import io.gridset.core.schema.FieldType.Field;
import io.gridset.core.schema.FieldType.Fields;
import io.gridset.core.schema.FieldType.Flag;
import io.gridset.core.schema.FieldType.Items;
import io.gridset.core.schema.FieldType.Kubernetes;
import io.gridset.core.schema.FieldType.Numbers;
import io.gridset.core.schema.FieldType.Rule;
import io.gridset.core.schema.FieldType.Text;
import io.gridset.core.schema.FieldType.Texts;
import io.gridset.core.schema.FieldType.Treatment;
import io.gridset.core.schema.FieldType.Whole;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// Writes down the fields of one object in their order. Used by one thread.
final class FieldsBuilder {
  static final FieldType TEXT = Text.ANY;
  static final FieldType TIME = new Text(0, "", "date-time");
  static final FieldType TEXTS = new Texts();
  static final FieldType TEXT_LIST = new Items(TEXT);
  static final FieldType FLAG = new Flag();
  static final FieldType NUMBERS = new Numbers();
  static final FieldType COUNT = new Whole(0, Integer.MAX_VALUE);
  static final FieldType POSITIVE = new Whole(1, Integer.MAX_VALUE);
  static final FieldType ID = new Whole(0, Long.MAX_VALUE);

  private final Map<String, Field> fields = new LinkedHashMap<>();
  private final List<Rule> rules = new ArrayList<>();
  private String latest = "";

  static FieldType words(String... words) {
    return new Choice(List.of(words));
  }

  static FieldType kubernetes(String type) {
    return new Kubernetes(type);
  }

  static FieldType listOf(String kubernetesType) {
    return new Items(new Kubernetes(kubernetesType));
  }

  FieldsBuilder required(String name, FieldType type) {
    return add(new Field(name, type, Treatment.REQUIRED));
  }

  FieldsBuilder used(String name, FieldType type) {
    return add(new Field(name, type, Treatment.USED));
  }

  FieldsBuilder kept(String name, FieldType type) {
    return add(new Field(name, type, Treatment.KEPT));
  }

  /// Several kept fields of one type.
  FieldsBuilder kept(FieldType type, String... names) {
    Arrays.stream(names).forEach(name -> kept(name, type));
    return this;
  }

  /// The fields and rules that another has by now.
  FieldsBuilder with(FieldsBuilder other) {
    other.fields.values().forEach(this::add);
    rules.addAll(other.rules);
    return this;
  }

  /// What an API server fills in for the field that was added last.
  FieldsBuilder byDefault(Object value) {
    return change(
        field ->
            new Field(
                field.name(), field.type(), field.treatment(), Optional.of(value), field.about()));
  }

  /// One sentence on the field that was added last.
  FieldsBuilder about(String sentence) {
    return change(
        field ->
            new Field(field.name(), field.type(), field.treatment(), field.byDefault(), sentence));
  }

  FieldsBuilder exactlyOne(String... names) {
    rules.add(new Rule.ExactlyOne(List.of(names)));
    return this;
  }

  FieldsBuilder atLeastOne(String... names) {
    rules.add(new Rule.AtLeastOne(List.of(names)));
    return this;
  }

  FieldsBuilder holds(String expression, String message) {
    rules.add(new Rule.Holds(expression, message));
    return this;
  }

  Fields build() {
    return new Fields(fields, rules);
  }

  private FieldsBuilder add(Field field) {
    if (fields.put(field.name(), field) != null) {
      throw new IllegalStateException("field " + field.name() + " stands here twice");
    }
    latest = field.name();
    return this;
  }

  private FieldsBuilder change(UnaryOperator<Field> change) {
    fields.computeIfPresent(latest, (name, field) -> change.apply(field));
    return this;
  }
}
