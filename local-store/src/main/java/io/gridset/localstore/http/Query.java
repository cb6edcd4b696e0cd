package io.gridset.localstore.http;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The decoded parameters of a query string, in the order sent; a name without `=` has the value
/// "".
public record Query(List<Parameter> parameters) {
  /// One decoded parameter.
  public record Parameter(String name, String value) {}

  public Query {
    parameters = List.copyOf(parameters);
  }

  public static Query parse(String raw) throws MalformedRequestException {
    List<Parameter> parameters = new ArrayList<>();
    int start = 0;
    while (start < raw.length()) {
      int end = raw.indexOf('&', start);
      end = end < 0 ? raw.length() : end;
      if (end > start) {
        int equals = raw.indexOf('=', start);
        boolean bare = equals < 0 || equals > end;
        String name = raw.substring(start, bare ? end : equals);
        String value = bare ? "" : raw.substring(equals + 1, end);
        parameters.add(
            new Parameter(PercentEncoding.decodeQuery(name), PercentEncoding.decodeQuery(value)));
      }
      start = end + 1;
    }
    return new Query(parameters);
  }

  /// The first value of the name, or null.
  public @Nullable String get(String name) {
    for (Parameter parameter : parameters) {
      if (parameter.name().equals(name)) {
        return parameter.value();
      }
    }
    return null;
  }

  public String getOrDefault(String name, String otherwise) {
    String value = get(name);
    return value == null ? otherwise : value;
  }

  public boolean has(String name) {
    return get(name) != null;
  }

  public boolean isEmpty() {
    return parameters.isEmpty();
  }
}
