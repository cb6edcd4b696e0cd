package io.gridset.fuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Mount points, machines and rights that do not suit.
final class MountPointTest {
  @TempDir Path directory = Path.of("/");

  @Test
  void aMissingMountPointIsRefusedWithTheRemedy() {
    Path missing = directory.resolve("missing");
    assertThatThrownBy(() -> mount(missing))
        .isInstanceOf(MountException.class)
        .hasMessageContaining("mkdir -p " + missing);
    assertThatThrownBy(() -> mount(missing.resolve("deeper")))
        .isInstanceOf(MountException.class)
        .hasMessageContaining("mkdir -p " + missing.resolve("deeper"));
  }

  @Test
  void aFileIsNoMountPoint() throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    assertThatThrownBy(() -> mount(file))
        .isInstanceOf(MountException.class)
        .hasMessageContaining("is not a directory");
  }

  @Test
  void aLinkToADirectoryWithSpacesIsFollowed() throws Exception {
    Machine.assumeFuse();
    Path target = Files.createDirectory(directory.resolve("with space"));
    Files.createFile(target.resolve("hidden while mounted"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), target);
    try (FuseMount mount = mount(link)) {
      assertThat(mount.mountPoint()).isEqualTo(target.toRealPath());
      assertThat(Child.shell("ls '" + target + "'")).isEqualTo("file");
      assertThatThrownBy(() -> mount(link)).hasMessageContaining("in use");
    }
    assertThat(Files.exists(target.resolve("hidden while mounted"))).isTrue();
  }

  @Test
  void aDeadMountLeftByACrashIsRemoved() throws Exception {
    Machine.assumeFuse();
    Path point = Files.createDirectory(directory.resolve("point"));
    try (Child child = program(point)) {
      assertThat(child.line()).startsWith("KERNEL").endsWith("hello");
      child.process().destroyForcibly();
      assertThat(child.process().waitFor(10, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(Child.shell("ls " + point + " 2>&1 || true")).contains("not connected");
    try (FuseMount mount = mount(point)) {
      assertThat(Child.shell("cat " + point + "/file")).isEqualTo("x");
      assertThat(mount.transport()).isEqualTo(Transport.KERNEL);
    }
    assertThat(Child.shell("grep -c " + point + " /proc/self/mountinfo || true")).isEqualTo("0");
  }

  @Test
  void withoutTheRightToMountTheMessageSaysSo() throws Exception {
    Machine.assumeFuse();
    Path point = Files.createDirectory(directory.resolve("point"));
    try (Child child =
        program(point, "setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin")) {
      String line = child.line();
      while (line.startsWith("fuse")) {
        line = child.line(); // libfuse's own words
      }
      assertThat(line).contains("cannot be mounted").contains("CAP_SYS_ADMIN");
    }
  }

  @Test
  void wherePassthroughIsRefusedFilesAreCopied() throws Exception {
    Machine.assumeFuse();
    Path point = Files.createDirectory(directory.resolve("point"));
    try (Child child = program(point, "unshare", "--user", "--map-root-user", "--mount")) {
      assertThat(child.line()).isEqualTo("KERNEL false hello");
      child.proceed();
      child.finish();
    }
  }

  private FuseMount mount(Path point) throws MountException {
    TestingDatasetFiles files = new TestingDatasetFiles(directory);
    files.put("file", new byte[] {'x'});
    return FuseMount.mount(MountSettings.of(point, "gridset:test"), files);
  }

  private Child program(Path point, String... wrapper) throws IOException {
    List<String> command = new ArrayList<>(List.of(wrapper));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
    command.addAll(List.of("-Dslf4j.internal.verbosity=ERROR", "-XX:+UseSerialGC", "-Xmx64m"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(
        List.of(MountingProgram.class.getName(), point.toString(), directory.toString()));
    return Child.start(command.toArray(new String[0]));
  }
}
