package io.gridset.localstore.signature;

import java.util.HashMap;
import java.util.Map;

/// The fields of `ALGORITHM Name=value, Name=value`.
final class AuthorizationFields {
  private AuthorizationFields() {}

  static Map<String, String> parse(String header) {
    Map<String, String> fields = new HashMap<>();
    int space = header.indexOf(' ');
    if (space > 0) {
      for (String part : header.substring(space + 1).split(",")) {
        int equals = part.indexOf('=');
        if (equals > 0) {
          fields.put(part.substring(0, equals).strip(), part.substring(equals + 1).strip());
        }
      }
    }
    return fields;
  }
}
