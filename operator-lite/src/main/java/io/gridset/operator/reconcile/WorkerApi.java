package io.gridset.operator.reconcile;

/// The way to the members of a runtime. Implementations are thread-safe and bound every wait.
@FunctionalInterface
public interface WorkerApi {
  /// Makes the members hold what is ordered, nothing else, and tells what they say. A failure
  /// stands in the report.
  GridReport sync(GridOrder order);
}
