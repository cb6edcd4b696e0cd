package io.gridset.api;

import io.gridset.core.dataset.DatasetName;
import io.javalin.http.Context;
import java.util.List;

/// Reads and checks what a request says.
final class RequestValues {
  private RequestValues() {}

  static DatasetName name(Context context) {
    return new DatasetName(context.pathParam("namespace"), context.pathParam("name"));
  }

  /// The `path` of a file: from the dataset's root, without slashes at its ends, never leaving it.
  static String path(Context context) {
    return path(context.queryParam("path"));
  }

  static String path(@org.jspecify.annotations.Nullable String text) {
    if (text == null) {
      return "";
    }
    String path = text.replaceFirst("^/+", "").replaceFirst("/+$", "");
    List<String> parts = List.of(path.split("/", -1));
    if (!path.isEmpty() && (parts.contains("") || parts.contains(".") || parts.contains(".."))) {
      throw Problems.invalid("path '" + text + "' has an empty, '.' or '..' part");
    }
    return path;
  }

  /// A query parameter that is `true` or `false`; false when missing.
  static boolean flag(Context context, String name) {
    String value = context.queryParam(name);
    return switch (value == null ? "false" : value) {
      case "true" -> true;
      case "false" -> false;
      default -> throw Problems.invalid(name + " must be true or false, not '" + value + "'");
    };
  }

  static String required(Context context, String name) {
    String value = context.queryParam(name);
    if (value == null || value.isEmpty()) {
      throw Problems.invalid("the query parameter " + name + " is missing");
    }
    return value;
  }
}
