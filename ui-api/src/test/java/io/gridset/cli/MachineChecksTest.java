package io.gridset.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineChecksTest {
  @TempDir private Path root;

  private void file(String path, String text) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private Finding check(String name, int java) {
    return new MachineChecks(new MachineChecks.Machine(root, java, "Linux"))
        .all().stream().filter(f -> f.check().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void aBareMachineIsToldWhatItLacks() {
    assertThat(check("java", 21).level()).isEqualTo(Finding.Level.FAIL);
    assertThat(check("/dev/fuse", 25).level()).isEqualTo(Finding.Level.FAIL);
    assertThat(check("/dev/fuse", 25).remedy()).contains("modprobe fuse");
    assertThat(check("/dev/shm", 25).level()).isEqualTo(Finding.Level.FAIL);
    assertThat(check("libfuse", 25).remedy()).isEqualTo("apt install libfuse2");
  }

  @Test
  void aGoodMachinePasses() throws IOException {
    file("dev/fuse", "");
    file("proc/sys/kernel/osrelease", "6.12.9-amd64\n");
    file("proc/self/status", "CapEff:\t000001ffffffffff\n");
    file("proc/mounts", "tmpfs /dev/shm tmpfs rw,nosuid 0 0\n");
    file(
        "sys/kernel/mm/transparent_hugepage/shmem_enabled",
        "always within_size advise [never] deny force\n");
    file(
        "proc/self/limits",
        "Max open files            1024                 1048576              files\n");
    file("proc/meminfo", "MemAvailable:   20000000 kB\n");
    file("usr/lib/x86_64-linux-gnu/libfuse.so.2", "");
    assertThat(new MachineChecks(new MachineChecks.Machine(root, 25, "Linux")).all())
        .allMatch(finding -> finding.level() == Finding.Level.OK);
  }

  @Test
  void whatCostsSpeedIsAWarning() throws IOException {
    file("proc/sys/kernel/osrelease", "6.8.0\n");
    assertThat(check("passthrough", 25).level()).isEqualTo(Finding.Level.WARN);
    file("proc/sys/kernel/osrelease", "6.9.0\n");
    file("proc/self/status", "CapEff:\t0000000000000000\n");
    assertThat(check("passthrough", 25).remedy()).contains("CAP_SYS_ADMIN");
    file("proc/meminfo", "MemAvailable:   20000000 kB\n");
    file("sys/fs/cgroup/memory.max", "536870912\n");
    assertThat(check("memory", 25)).extracting(Finding::level).isEqualTo(Finding.Level.WARN);
  }
}
