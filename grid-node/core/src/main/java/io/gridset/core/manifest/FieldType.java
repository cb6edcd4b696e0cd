package io.gridset.core.manifest;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The shape of a manifest's field. The shapes follow Fluid's CRDs (chart 1.1.0).
sealed interface FieldType {
  /// A string.
  record Text() implements FieldType {}

  /// One of a few words.
  record Choice(List<String> words) implements FieldType {}

  /// A Kubernetes quantity: a string or a whole number.
  record Quantity() implements FieldType {}

  /// A fill ratio between 0 and 1, as a string (Fluid's form) or a number.
  record Ratio() implements FieldType {}

  record Flag() implements FieldType {}

  record Whole(long min, long max) implements FieldType {}

  /// A map of strings to strings.
  record Texts() implements FieldType {}

  record Items(FieldType item) implements FieldType {}

  /// Any object: checked by nobody, kept as it is.
  record AnyObject() implements FieldType {}

  /// Any list.
  record AnyList() implements FieldType {}

  /// Anything: fields that are a map in one Fluid kind and a list in another.
  record Anything() implements FieldType {}

  /// An object of known fields.
  record Fields(Map<String, Field> byName) implements FieldType {
    static Fields of(Field... fields) {
      Map<String, Field> byName = new LinkedHashMap<>();
      for (Field field : fields) {
        byName.put(field.name(), field);
      }
      return new Fields(byName);
    }
  }

  /// @param treatment what the standalone program does with it
  record Field(String name, FieldType type, Treatment treatment) {}

  /// What becomes of a field.
  enum Treatment {
    REQUIRED,
    USED,
    /// Accepted and printed back; the user is told that it has no effect here.
    KEPT
  }
}
