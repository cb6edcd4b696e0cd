package io.gridset.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What this machine, or the control group that the process is in, has of memory. Linux only; 0
/// elsewhere.
final class FreeMemory {
  private static final Path MACHINE = Path.of("/proc/meminfo");
  private static final Path GROUP = Path.of("/sys/fs/cgroup");

  private FreeMemory() {}

  /// The smaller of the machine's memory and the control group's limit, in bytes.
  static long limit() {
    long machine = number(MACHINE, "MemTotal:\\s+([0-9]+) kB") << 10;
    long group = groupLimit();
    return group > 0 && group < machine ? group : machine;
  }

  /// What may be taken of it now without taking it from a program, in bytes.
  static long available() {
    long machine = number(MACHINE, "MemAvailable:\\s+([0-9]+) kB") << 10;
    long group = groupLimit();
    if (group == 0) {
      return machine;
    }
    long used = number(GROUP.resolve("memory.current"), "^([0-9]+)");
    return Math.min(machine, Math.max(0, group - used));
  }

  private static long groupLimit() {
    return number(GROUP.resolve("memory.max"), "^([0-9]+)");
  }

  private static long number(Path file, String pattern) {
    try {
      Matcher matcher = Pattern.compile(pattern).matcher(Files.readString(file));
      return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    } catch (IOException _) {
      return 0; // No such limit here.
    }
  }
}
