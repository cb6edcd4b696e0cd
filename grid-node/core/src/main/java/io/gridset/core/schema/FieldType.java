package io.gridset.core.schema;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The shape of a manifest's field. The shapes follow Fluid's CRDs (chart 1.1.0). Immutable.
public sealed interface FieldType {
  /// A string. The limits are for an API server; the standalone program's readers of a value say
  /// more exactly what is wrong with it.
  ///
  /// @param minLength characters, 0 when it may be empty
  /// @param pattern regular expression (RE2 and Java alike), empty when any text will do
  /// @param format OpenAPI's name of the form, such as `date-time`, or empty
  record Text(int minLength, String pattern, String format) implements FieldType {
    static final Text ANY = new Text(0, "", "");
  }

  /// One of a few words; an empty word means the default.
  record Choice(List<String> words) implements FieldType {
    public Choice {
      words = List.copyOf(words);
    }
  }

  /// A Kubernetes quantity of bytes: a string or a whole number.
  record Quantity() implements FieldType {}

  /// A fill ratio between 0 and 1, as a string (Fluid's form); the standalone program takes a
  /// number, too.
  record Ratio() implements FieldType {}

  record Flag() implements FieldType {}

  /// A whole number, both ends included.
  record Whole(long min, long max) implements FieldType {}

  /// A map of strings to strings.
  record Texts() implements FieldType {}

  /// A map of strings to whole numbers, such as the ports of a component.
  record Numbers() implements FieldType {}

  /// A list.
  ///
  /// @param minItems of an API server's check
  record Items(FieldType item, int minItems) implements FieldType {
    public Items(FieldType item) {
      this(item, 0);
    }
  }

  /// An object of one of Kubernetes' own types, passed on to pods as it is. The standalone program
  /// only sees that it is an object; the CRDs have its fields.
  ///
  /// @param type its name in Kubernetes' core API, such as `Toleration`
  record Kubernetes(String type) implements FieldType {}

  /// Any object: checked by nobody, kept as it is.
  record AnyObject() implements FieldType {}

  /// Any list.
  record AnyList() implements FieldType {}

  /// Anything.
  record Anything() implements FieldType {}

  /// An object of known fields.
  ///
  /// @param rules across its fields, checked by an API server; the standalone program's readers
  ///   check the same
  record Fields(Map<String, Field> byName, List<Rule> rules) implements FieldType {
    public Fields {
      byName = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(byName));
      rules = List.copyOf(rules);
    }

    public static Fields of(Field... fields) {
      Map<String, Field> byName = new LinkedHashMap<>();
      for (Field field : fields) {
        byName.put(field.name(), field);
      }
      return new Fields(byName, List.of());
    }
  }

  /// @param treatment what the standalone program does with it
  /// @param byDefault what an API server fills in: a string, a boolean or a whole number
  /// @param about one sentence for `kubectl explain`, or empty
  record Field(
      String name, FieldType type, Treatment treatment, Optional<Object> byDefault, String about) {
    public Field(String name, FieldType type, Treatment treatment) {
      this(name, type, treatment, Optional.empty(), "");
    }
  }

  /// What becomes of a field in the standalone program.
  enum Treatment {
    REQUIRED,
    USED,
    /// Accepted and printed back; the user is told that it has no effect here.
    KEPT
  }

  /// What fields of one object mean to each other.
  sealed interface Rule {
    /// One of the fields must be there, and no other of them.
    record ExactlyOne(List<String> names) implements Rule {
      public ExactlyOne {
        names = List.copyOf(names);
      }
    }

    /// At least one of the fields must be there.
    record AtLeastOne(List<String> names) implements Rule {
      public AtLeastOne {
        names = List.copyOf(names);
      }
    }

    /// A condition in the Common Expression Language over `self`.
    ///
    /// @param message what the user reads when it does not hold
    record Holds(String expression, String message) implements Rule {}
  }
}
