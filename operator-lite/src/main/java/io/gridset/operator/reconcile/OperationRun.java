package io.gridset.operator.reconcile;

import java.time.Instant;
import java.util.Optional;

/// One run of an operation: of policy Once there is one for each manifest, of Cron one for each
/// time, of OnEvent one for each event.
///
/// @param source tells it from all other runs; what was made for it bears it
/// @param begun when it was due; empty for the policy Once
/// @param event what it is about; empty except for OnEvent
/// @param progress whether it was begun before
record OperationRun(
    String source, Optional<Instant> begun, Optional<String> event, Progress progress) {
  /// What the status says of it.
  enum Progress {
    NEW,
    /// The status is of this run already.
    KNOWN
  }

  static OperationRun once(OperationView operation) {
    return new OperationRun(
        GridReport.source(operation.document()),
        Optional.empty(),
        Optional.empty(),
        operation.isTold() ? Progress.KNOWN : Progress.NEW);
  }

  static OperationRun at(OperationView operation, Instant time, Progress progress) {
    return new OperationRun(
        GridReport.source(operation.document()) + "/" + time,
        Optional.of(time),
        Optional.empty(),
        progress);
  }

  static OperationRun of(OperationView operation, String event, Instant time, Progress progress) {
    return new OperationRun(
        GridReport.source(operation.document()) + "/" + event,
        Optional.of(time),
        Optional.of(event),
        progress);
  }
}
