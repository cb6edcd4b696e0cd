package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/// What the members of a runtime shall hold.
///
/// @param workers that can be asked, the likeliest first
/// @param token that their API demands
/// @param documents all of them, the dataset first: what a member holds besides goes
/// @param pods names of the workers that there are; others are gone for good
/// @param listing whether the origin is to be listed anew from time to time
public record GridOrder(
    List<Worker> workers,
    String token,
    List<ObjectNode> documents,
    List<String> pods,
    Listing listing) {
  /// Whether somebody wants to know when the origin changes.
  public enum Listing {
    ON_DEMAND,
    REPEATED
  }

  /// A ready worker.
  public record Worker(String name, String address) {}

  public GridOrder {
    workers = List.copyOf(workers);
    documents = List.copyOf(documents);
    pods = List.copyOf(pods);
  }

  /// Without the token.
  @Override
  public String toString() {
    return "GridOrder" + workers;
  }
}
