package io.gridset.fuse.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/// What /proc tells of the programs behind requests, proc_pid_stat(5). Nothing of those in other
/// PID namespaces, whose number is 0 here.
final class Processes {
  private static final long SIGKILL_BIT = 1L << 8;

  /// PF_EXITING of include/linux/sched.h.
  private static final long EXITING = 4;

  /// Fields 9 (flags) and 52 (exit_code), counted from field 3, the first after the name.
  private static final int FLAGS = 6;

  private static final int EXIT_CODE = 49;
  private static final int SIGNAL_OF_EXIT_CODE = 0x7f;

  private Processes() {}

  /// Whether SIGKILL is pending, as for every deadly signal (kernel/signal.c, complete_signal).
  static boolean isBeingKilled(int process) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/" + process + "/status"))) {
        if (line.startsWith("SigPnd:") || line.startsWith("ShdPnd:")) {
          if ((Long.parseUnsignedLong(line.substring(7).strip(), 16) & SIGKILL_BIT) != 0) {
            return true;
          }
        }
      }
      return false;
    } catch (IOException e) {
      return false;
    }
  }

  /// Whether a signal ended the thread that waits for an answer: it is on its way out with the
  /// signal in its exit code, or gone already, as after an interrupt that let it go.
  static boolean wasKilled(int thread) {
    if (thread <= 0) {
      return false;
    }
    try {
      String line = Files.readString(Path.of("/proc/" + thread + "/stat"));
      List<String> fields = List.of(line.substring(line.lastIndexOf(')') + 2).strip().split(" "));
      return fields.size() > EXIT_CODE
          && (Long.parseLong(fields.get(FLAGS)) & EXITING) != 0
          && (Integer.parseInt(fields.get(EXIT_CODE)) & SIGNAL_OF_EXIT_CODE) != 0;
    } catch (NoSuchFileException e) {
      return true;
    } catch (IOException e) {
      return e.getMessage() != null && e.getMessage().contains("No such process");
    }
  }
}
