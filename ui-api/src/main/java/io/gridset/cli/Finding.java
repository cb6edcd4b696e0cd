package io.gridset.cli;

/// What a check of the machine found.
///
/// @param remedy what to do; empty when nothing is wrong
record Finding(String check, Level level, String detail, String remedy) {
  /// How bad it is: WARN costs speed or comfort, FAIL keeps something from working.
  enum Level {
    OK,
    WARN,
    FAIL
  }

  static Finding ok(String check, String detail) {
    return new Finding(check, Level.OK, detail, "");
  }

  static Finding warn(String check, String detail, String remedy) {
    return new Finding(check, Level.WARN, detail, remedy);
  }

  static Finding fail(String check, String detail, String remedy) {
    return new Finding(check, Level.FAIL, detail, remedy);
  }
}
