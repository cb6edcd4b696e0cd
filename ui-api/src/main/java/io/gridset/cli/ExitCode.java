package io.gridset.cli;

/// The exit codes that scripts may trust; `gridset --help` lists them.
final class ExitCode {
  static final int OK = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;
  static final int NOT_FOUND = 3;
  static final int NO_NODE = 4;

  /// By a signal (128 + SIGINT).
  static final int INTERRUPTED = 130;

  private ExitCode() {}
}
