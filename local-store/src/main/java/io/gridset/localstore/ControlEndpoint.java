package io.gridset.localstore;

import io.gridset.localstore.behaviour.Behaviour;
import io.gridset.localstore.behaviour.FaultRule;
import io.gridset.localstore.behaviour.Limits;
import io.gridset.localstore.behaviour.Quantity;
import io.gridset.localstore.behaviour.Statistics;
import io.gridset.localstore.http.HttpRequest;
import io.gridset.localstore.http.Query;
import io.gridset.localstore.http.Response;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Limits, faults and statistics over HTTP, for benchmarks that are not Java:
///
/// - `GET /-/behaviour`: the limits and faults in force, as JSON
/// - `PUT /-/behaviour?rate=46MB&per-connection-rate=8MB&latency=20ms&max-concurrent=4&fault=...`
///   (also POST): changes what is named; `fault` (repeatable, in [FaultRule#parse]'s form) replaces
///   all faults, a single empty one clears them
/// - `GET /-/statistics`: body bytes, requests, concurrent peak, as JSON; `?objects=all` adds the
///   bytes by object; `DELETE` resets
final class ControlEndpoint {
  /// No bucket's name begins with a dash.
  static final String PREFIX = "/-/";

  private final Behaviour behaviour;
  private final Statistics statistics;

  ControlEndpoint(Behaviour behaviour, Statistics statistics) {
    this.behaviour = behaviour;
    this.statistics = statistics;
  }

  Response answer(HttpRequest request) {
    try {
      return switch (request.method() + " " + request.rawPath()) {
        case "GET /-/behaviour" -> json(behaviour());
        case "PUT /-/behaviour", "POST /-/behaviour" -> {
          apply(request.query());
          yield json(behaviour());
        }
        case "GET /-/statistics" ->
            json(counts(request.query().has("objects") ? Detail.OBJECTS : Detail.TOTALS));
        case "DELETE /-/statistics" -> {
          statistics.reset();
          yield Response.empty(204);
        }
        default -> Response.text(404, "text/plain", "/-/behaviour and /-/statistics are here\n");
      };
    } catch (IllegalArgumentException e) {
      return Response.text(400, "text/plain", e.getMessage() + "\n");
    }
  }

  private enum Detail {
    TOTALS,
    OBJECTS
  }

  private void apply(Query query) {
    Limits limits = behaviour.limits();
    List<FaultRule> faults = new ArrayList<>();
    boolean faultsNamed = false;
    for (Query.Parameter parameter : query.parameters()) {
      String value = parameter.value();
      if (parameter.name().equals("fault")) {
        faultsNamed = true;
        if (!value.isEmpty()) {
          faults.add(FaultRule.parse(value));
        }
      } else {
        limits = limited(limits, parameter.name(), value);
      }
    }
    behaviour.limit(limits);
    if (faultsNamed) {
      behaviour.faults(faults);
    }
  }

  /// The limits with one of them set by its name on the command line and in the control endpoint.
  static Limits limited(Limits limits, String name, String value) {
    return switch (name) {
      case "rate" -> limits.withBytesPerSecond(Quantity.bytes(value));
      case "per-connection-rate" -> limits.withConnectionBytesPerSecond(Quantity.bytes(value));
      case "latency" -> limits.withLatency(Quantity.duration(value));
      case "max-concurrent" -> limits.withConcurrentRequests(Integer.parseInt(value));
      default ->
          throw new IllegalArgumentException(
              "'"
                  + name
                  + "' is none of rate, per-connection-rate, latency, max-concurrent, fault");
    };
  }

  private Map<String, Object> behaviour() {
    Limits limits = behaviour.limits();
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("bytesPerSecond", limits.bytesPerSecond());
    map.put("connectionBytesPerSecond", limits.connectionBytesPerSecond());
    map.put("latencyMillis", limits.latency().toNanos() / 1e6);
    map.put("concurrentRequests", limits.concurrentRequests());
    map.put("faults", behaviour.faults());
    return map;
  }

  private Map<String, Object> counts(Detail detail) {
    Statistics.Snapshot counts = statistics.snapshot();
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("bodyBytes", counts.bodyBytes());
    map.put("requests", counts.requests());
    map.put("concurrentPeak", counts.concurrentPeak());
    if (detail == Detail.OBJECTS) {
      map.put("bodyBytesByObject", counts.bodyBytesByObject());
    }
    return map;
  }

  private static Response json(Map<String, Object> map) {
    return Response.text(200, "application/json", Json.write(map) + "\n");
  }
}
