package io.gridset.fuse;

import java.nio.file.Path;

/// A process that mounts, for tests that need one with other rights or that is killed: mounts the
/// first argument, prints transport, passthrough and what `cat` reads from a sealed file (or why it
/// could not mount), and waits for a line of input. The second argument is a directory on tmpfs.
final class MountingProgram {
  private MountingProgram() {}

  public static void main(String[] arguments) throws Exception {
    TestingDatasetFiles files = new TestingDatasetFiles(Path.of(arguments[1]));
    files.put("file", new byte[] {'h', 'e', 'l', 'l', 'o'});
    files.seal("file");
    Path mountPoint = Path.of(arguments[0]);
    try (FuseMount mount = FuseMount.mount(MountSettings.of(mountPoint, "gridset:test"), files)) {
      String text = Child.shell("cat " + mountPoint + "/file");
      System.out.println(mount.transport() + " " + mount.passthrough() + " " + text);
      System.in.read();
    } catch (MountException e) {
      System.out.println(e.getMessage());
    }
  }
}
