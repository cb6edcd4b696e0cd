package io.gridset.localstore;

import java.util.Collection;
import java.util.Iterator;
import java.util.Map;

/// Writes JSON from maps, collections, numbers and strings; the store needs no more of it, and
/// nothing beyond the JDK.
final class Json {
  private Json() {}

  static String write(Object value) {
    StringBuilder json = new StringBuilder();
    append(json, value);
    return json.toString();
  }

  private static void append(StringBuilder json, Object value) {
    switch (value) {
      case Map<?, ?> map -> {
        json.append('{');
        String separator = "";
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          json.append(separator);
          string(json, String.valueOf(entry.getKey()));
          json.append(": ");
          append(json, entry.getValue());
          separator = ", ";
        }
        json.append('}');
      }
      case Collection<?> items -> {
        json.append('[');
        for (Iterator<?> each = items.iterator(); each.hasNext(); ) {
          append(json, each.next());
          json.append(each.hasNext() ? ", " : "");
        }
        json.append(']');
      }
      case Number number -> json.append(number);
      default -> string(json, value.toString());
    }
  }

  private static void string(StringBuilder json, String text) {
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> json.append("\\\"");
        case '\\' -> json.append("\\\\");
        default -> {
          if (c < 0x20) {
            json.append(String.format("\\u%04x", (int) c));
          } else {
            json.append(c);
          }
        }
      }
    }
    json.append('"');
  }
}
