package io.gridset.cli;

import io.gridset.core.unit.DataSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Looks at what a node needs of its machine. Reads files under a root directory, so that tests can
/// lay out machines of all sorts.
final class MachineChecks {
  /// The first kernel with FUSE passthrough (`FUSE_PASSTHROUGH`, Linux 6.9).
  private static final int[] PASSTHROUGH_KERNEL = {6, 9};

  /// 100,000 cached small files stay within far fewer descriptors; readers' handles come on top.
  private static final long OPEN_FILES_MIN = 16_384;

  /// The heap (512 MiB) and as much again for a small tier.
  private static final long MEMORY_MIN = 1L << 30;

  private static final int CAPABILITY_SYS_ADMIN = 21;

  private final Machine machine;

  MachineChecks(Machine machine) {
    this.machine = machine;
  }

  /// @param root of the file system, `/` but in tests
  record Machine(Path root, int javaFeature, String operatingSystem) {
    static Machine real() {
      return new Machine(Path.of("/"), Runtime.version().feature(), System.getProperty("os.name"));
    }
  }

  List<Finding> all() {
    return List.of(
        java(),
        device(),
        passthrough(),
        sharedMemory(),
        hugePages(),
        openFiles(),
        memory(),
        libfuse());
  }

  private Finding java() {
    return machine.javaFeature() >= 25
        ? Finding.ok("java", "JDK " + machine.javaFeature())
        : Finding.fail(
            "java", "JDK " + machine.javaFeature(), "install a JDK 25: apt install temurin-25-jdk");
  }

  private Finding device() {
    Path device = path("dev/fuse");
    if (!Files.exists(device)) {
      return Finding.fail(
          "/dev/fuse",
          "missing: nothing can be mounted",
          "modprobe fuse; in a container: --device /dev/fuse --cap-add SYS_ADMIN");
    }
    return Files.isReadable(device) && Files.isWritable(device)
        ? Finding.ok("/dev/fuse", "present")
        : Finding.fail("/dev/fuse", "no access", "chmod 666 /dev/fuse, or run as root");
  }

  private Finding passthrough() {
    String release = read("proc/sys/kernel/osrelease").strip();
    Matcher version = Pattern.compile("([0-9]+)\\.([0-9]+).*").matcher(release);
    boolean recent =
        version.matches()
            && Long.parseLong(version.group(1)) * 1000 + Long.parseLong(version.group(2))
                >= PASSTHROUGH_KERNEL[0] * 1000L + PASSTHROUGH_KERNEL[1];
    if (!recent) {
      return Finding.warn(
          "passthrough",
          "kernel " + (release.isEmpty() ? machine.operatingSystem() : release),
          "Linux 6.9 or newer reads cached files at native speed; older ones copy");
    }
    return capable()
        ? Finding.ok("passthrough", "kernel " + release + ", CAP_SYS_ADMIN held")
        : Finding.warn(
            "passthrough",
            "kernel " + release + ", but no CAP_SYS_ADMIN",
            "run the node as root (or with CAP_SYS_ADMIN): reads are copied otherwise");
  }

  private boolean capable() {
    Matcher line = Pattern.compile("CapEff:\\s+([0-9a-f]{16})").matcher(read("proc/self/status"));
    return line.find()
        && (Long.parseUnsignedLong(line.group(1), 16) >>> CAPABILITY_SYS_ADMIN & 1) == 1;
  }

  private Finding sharedMemory() {
    boolean tmpfs =
        read("proc/mounts").lines().anyMatch(line -> line.matches("\\S+ /dev/shm tmpfs .*"));
    return tmpfs
        ? Finding.ok("/dev/shm", "a tmpfs")
        : Finding.fail(
            "/dev/shm",
            "not a tmpfs: nothing to cache in",
            "mount -t tmpfs tmpfs /dev/shm; in a container: --shm-size");
  }

  private Finding hugePages() {
    String state = read("sys/kernel/mm/transparent_hugepage/shmem_enabled");
    Matcher chosen = Pattern.compile("\\[(\\w+)]").matcher(state);
    if (!chosen.find()) {
      return Finding.warn(
          "huge pages", "this kernel tells nothing of them", "filling the cache takes longer");
    }
    return switch (chosen.group(1)) {
      case "deny" ->
          Finding.warn(
              "huge pages",
              "denied for tmpfs",
              "echo advise > /sys/kernel/mm/transparent_hugepage/shmem_enabled");
      default ->
          capable()
              ? Finding.ok("huge pages", "the node can mount a tmpfs with huge=within_size")
              : Finding.warn(
                  "huge pages",
                  "the node may not mount a tmpfs of its own",
                  "run it with CAP_SYS_ADMIN: filling the cache is twice as fast");
    };
  }

  private Finding openFiles() {
    Matcher line =
        Pattern.compile("Max open files\\s+(\\d+|unlimited)\\s+(\\d+|unlimited)")
            .matcher(read("proc/self/limits"));
    if (!line.find()) {
      return Finding.warn("open files", "limit unknown", "ulimit -n tells it");
    }
    String hard = line.group(2);
    boolean enough = hard.equals("unlimited") || Long.parseLong(hard) >= OPEN_FILES_MIN;
    return enough
        ? Finding.ok("open files", "limit " + hard)
        : Finding.warn(
            "open files", "limit " + hard, "ulimit -n " + OPEN_FILES_MIN + " before gridset up");
  }

  private Finding memory() {
    OptionalLong available = kibibytes("MemAvailable");
    if (available.isEmpty()) {
      return Finding.warn("memory", "unknown", "");
    }
    long bytes = available.getAsLong() << 10;
    OptionalLong limit = containerLimit();
    if (limit.isPresent()) {
      bytes = Math.min(bytes, limit.getAsLong());
    }
    String detail = new DataSize(bytes).display() + " available";
    return bytes >= MEMORY_MIN
        ? Finding.ok("memory", detail)
        : Finding.warn(
            "memory",
            detail,
            "a node takes up to 512 MiB besides what it caches; keep tiers small");
  }

  private OptionalLong kibibytes(String key) {
    Matcher line = Pattern.compile(key + ":\\s+([0-9]+) kB").matcher(read("proc/meminfo"));
    return line.find() ? OptionalLong.of(Long.parseLong(line.group(1))) : OptionalLong.empty();
  }

  private OptionalLong containerLimit() {
    String limit = read("sys/fs/cgroup/memory.max").strip();
    return limit.matches("[0-9]{1,18}")
        ? OptionalLong.of(Long.parseLong(limit))
        : OptionalLong.empty();
  }

  private Finding libfuse() {
    for (String directory : List.of("usr/lib", "lib", "usr/local/lib")) {
      if (holdsLibfuse(path(directory))) {
        return Finding.ok("libfuse", "libfuse 2 is there for --transport libfuse");
      }
    }
    return Finding.warn(
        "libfuse",
        "libfuse 2 is missing; only --transport libfuse needs it",
        "apt install libfuse2");
  }

  private static boolean holdsLibfuse(Path directory) {
    try (Stream<Path> found =
        Files.find(
            directory,
            2,
            (file, attributes) -> file.getFileName().toString().startsWith("libfuse.so.2"))) {
      return found.findAny().isPresent();
    } catch (IOException | java.io.UncheckedIOException _) {
      return false; // such a directory is not on every machine, or not ours to read
    }
  }

  private Path path(String relative) {
    return machine.root().resolve(relative);
  }

  /// Empty when there is no such file.
  private String read(String relative) {
    try {
      return Files.readString(path(relative));
    } catch (IOException _) {
      return "";
    }
  }
}
