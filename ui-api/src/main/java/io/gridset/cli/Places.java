package io.gridset.cli;

import java.io.PrintWriter;
import java.util.List;

/// Where a node listens, for people.
final class Places {
  private Places() {}

  static void print(List<String> places, PrintWriter out) {
    for (String place : places) {
      out.println((place.startsWith("grpc") ? "  Flight " : "  API    ") + place);
    }
  }
}
