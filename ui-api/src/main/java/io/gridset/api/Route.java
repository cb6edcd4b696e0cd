package io.gridset.api;

import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;

/// One operation of the API.
///
/// @param path in OpenAPI's form, with `{parameters}`; `{path}` stands for several parts
record Route(HandlerType method, String path, Handler handler) {
  /// The path as Javalin writes it.
  String pattern() {
    return path.replace("{path}", "<path>");
  }

  static Route get(String path, Handler handler) {
    return new Route(HandlerType.GET, path, handler);
  }

  static Route post(String path, Handler handler) {
    return new Route(HandlerType.POST, path, handler);
  }

  static Route put(String path, Handler handler) {
    return new Route(HandlerType.PUT, path, handler);
  }

  static Route delete(String path, Handler handler) {
    return new Route(HandlerType.DELETE, path, handler);
  }

  /// Answers with `value` as JSON.
  static void answer(Context context, Object value) throws java.io.IOException {
    context
        .contentType("application/json")
        .result(io.gridset.client.WireJson.mapper().writeValueAsBytes(value));
  }
}
