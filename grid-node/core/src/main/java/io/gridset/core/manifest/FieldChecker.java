package io.gridset.core.manifest;

import com.fasterxml.jackson.databind.JsonNode;
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
import io.gridset.core.schema.FieldType.Text;
import io.gridset.core.schema.FieldType.Texts;
import io.gridset.core.schema.FieldType.Treatment;
import io.gridset.core.schema.FieldType.Whole;
import io.gridset.core.unit.DataSize;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Checks one document against its fields and collects every problem, each with the path of the
/// field, and the paths of fields that are kept without effect. Values of text maps are never
/// quoted in a problem: they may be secrets. Used by one thread.
final class FieldChecker {
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)}");

  /// How many known names an "unknown field" lists when none is near.
  private static final int LISTED_NAMES = 16;

  private static final Whole NUMBER = new Whole(0, Integer.MAX_VALUE);

  private final List<String> problems = new ArrayList<>();
  private final List<String> kept = new ArrayList<>();

  /// Problems so far, each `path: what is wrong`.
  List<String> problems() {
    return problems;
  }

  List<String> kept() {
    return kept;
  }

  void problem(String path, String message) {
    problems.add(path + ": " + message);
  }

  void check(FieldType type, String path, JsonNode value) {
    if (value.isNull()) {
      return;
    }
    switch (type) {
      case Text _ -> checkText(path, value);
      case Choice choice -> checkChoice(choice, path, value);
      case Quantity() -> checkQuantity(path, value);
      case Ratio() -> checkRatio(path, value);
      case Flag() -> expect(value.isBoolean(), path, "must be true or false");
      case Whole whole -> checkWhole(whole, path, value);
      case Texts() -> checkTexts(path, value);
      case Numbers() -> checkNumbers(path, value);
      case Items items -> checkItems(items, path, value);
      case Fields fields -> checkFields(fields, path, value);
      case AnyObject(), Kubernetes _ -> {
        if (expect(value.isObject(), path, "must be an object")) {
          checkVariables(path, value);
        }
      }
      case AnyList() -> {
        if (expect(value.isArray(), path, "must be a list")) {
          checkVariables(path, value);
        }
      }
      case Anything() -> checkVariables(path, value);
    }
  }

  private boolean checkText(String path, JsonNode value) {
    if (value.isContainerNode()) {
      return expect(false, path, "must be text, not " + shape(value));
    }
    return expect(value.isTextual(), path, "must be text; put the value in quotes")
        && noVariable(path, value.textValue());
  }

  private void checkChoice(Choice choice, String path, JsonNode value) {
    if (checkText(path, value) && !choice.words().contains(value.textValue())) {
      List<String> words = choice.words().stream().filter(word -> !word.isEmpty()).toList();
      String text = value.textValue();
      problem(
          path,
          "'"
              + text
              + "' is not one of "
              + String.join(", ", words)
              + NearestName.hint(text, words));
    }
  }

  private void checkQuantity(String path, JsonNode value) {
    if (value.isIntegralNumber() && value.canConvertToLong()) {
      expect(value.longValue() > 0, path, "must be more than 0");
      return;
    }
    if (!checkText(path, value)) {
      return;
    }
    try {
      DataSize size = DataSize.parse(value.textValue());
      expect(size.bytes() > 0, path, "must be more than 0");
    } catch (IllegalArgumentException e) {
      problem(path, String.valueOf(e.getMessage()));
    } catch (ArithmeticException e) {
      problem(path, "'" + value.textValue() + "' is not a whole number of bytes below 8 EiB");
    }
  }

  private void checkRatio(String path, JsonNode value) {
    if (!value.isNumber() && !checkText(path, value)) {
      return;
    }
    try {
      double ratio = Double.parseDouble(value.asText());
      if (ratio >= 0 && ratio <= 1) {
        return;
      }
    } catch (NumberFormatException e) {
      // Falls through to the one message for both mistakes.
    }
    problem(path, "'" + value.asText() + "' is not a ratio between 0 and 1, such as \"0.95\"");
  }

  private void checkWhole(Whole whole, String path, JsonNode value) {
    expect(
        value.isIntegralNumber()
            && value.canConvertToLong()
            && value.longValue() >= whole.min()
            && value.longValue() <= whole.max(),
        path,
        "must be a whole number from " + whole.min() + " to " + whole.max());
  }

  private void checkTexts(String path, JsonNode value) {
    if (expect(value.isObject(), path, "must be a map of names to text")) {
      for (Map.Entry<String, JsonNode> entry : value.properties()) {
        checkText(path + "." + entry.getKey(), entry.getValue());
      }
    }
  }

  private void checkNumbers(String path, JsonNode value) {
    if (expect(value.isObject(), path, "must be a map of names to whole numbers")) {
      for (Map.Entry<String, JsonNode> entry : value.properties()) {
        checkWhole(NUMBER, path + "." + entry.getKey(), entry.getValue());
      }
    }
  }

  private void checkItems(Items items, String path, JsonNode value) {
    if (expect(value.isArray(), path, "must be a list, not " + shape(value))) {
      for (int i = 0; i < value.size(); i++) {
        String itemPath = path + "[" + i + "]";
        if (expect(!value.get(i).isNull(), itemPath, "is empty")) {
          check(items.item(), itemPath, value.get(i));
        }
      }
    }
  }

  private void checkFields(Fields fields, String path, JsonNode value) {
    if (!expect(value.isObject(), path.isEmpty() ? "document" : path, "must be an object")) {
      return;
    }
    String prefix = path.isEmpty() ? "" : path + ".";
    for (Map.Entry<String, JsonNode> entry : value.properties()) {
      Field field = fields.byName().get(entry.getKey());
      if (field == null) {
        problem(prefix + entry.getKey(), "unknown field" + remedy(entry.getKey(), fields));
      } else {
        checkField(field, prefix + entry.getKey(), entry.getValue());
      }
    }
    for (Field field : fields.byName().values()) {
      JsonNode present = value.get(field.name());
      boolean missing =
          present == null
              || present.isNull()
              || (present.isTextual() && present.textValue().isEmpty());
      if (missing && field.treatment() == Treatment.REQUIRED) {
        problem(prefix + field.name(), "is required");
      }
    }
  }

  private void checkField(Field field, String path, JsonNode value) {
    if (field.treatment() == Treatment.KEPT && !value.isNull()) {
      // Fields inside a kept one are kept too, but naming the outermost says it all.
      kept.add(path);
      int named = kept.size();
      check(field.type(), path, value);
      kept.subList(named, kept.size()).clear();
    } else {
      check(field.type(), path, value);
    }
  }

  private static String remedy(String name, Fields fields) {
    String hint = NearestName.hint(name, fields.byName().keySet());
    if (!hint.isEmpty()) {
      return hint;
    }
    List<String> known =
        new TreeSet<>(fields.byName().keySet()).stream().limit(LISTED_NAMES).toList();
    String more = fields.byName().size() > LISTED_NAMES ? ", ..." : "";
    return "; known here: " + String.join(", ", known) + more;
  }

  private void checkVariables(String path, JsonNode value) {
    if (value.isTextual()) {
      noVariable(path, value.textValue());
    } else if (value.isArray()) {
      for (int i = 0; i < value.size(); i++) {
        checkVariables(path + "[" + i + "]", value.get(i));
      }
    } else {
      value
          .properties()
          .forEach(entry -> checkVariables(path + "." + entry.getKey(), entry.getValue()));
    }
  }

  private boolean noVariable(String path, String text) {
    Matcher matcher = VARIABLE.matcher(text);
    if (!matcher.find()) {
      return true;
    }
    String name = matcher.group(1);
    problem(path, "${" + name + "} was not filled in; set the environment variable " + name);
    return false;
  }

  private boolean expect(boolean satisfied, String path, String message) {
    if (!satisfied) {
      problem(path, message);
    }
    return satisfied;
  }

  private static String shape(JsonNode value) {
    return switch (value.getNodeType()) {
      case ARRAY -> "a list";
      case OBJECT, POJO -> "an object";
      case BOOLEAN -> "true or false";
      case NUMBER -> "a number";
      case STRING, BINARY -> "text";
      case NULL, MISSING -> "nothing";
    };
  }
}
