package io.gridset.server.object.socket;

import java.io.IOException;
import java.nio.file.Path;

/// A file opened anew to be handed to somebody else. Never a duplicate: the kernel's leases tell
/// open files apart by what `open` made, and a duplicate would look like the one who holds the
/// lease (fcntl(2), "Leases").
public final class PassedFile implements AutoCloseable {
  private static final int O_RDWR = 2;
  private static final int O_NOFOLLOW = 0x20000;
  private static final int O_CLOEXEC = 0x80000;

  private final Descriptor descriptor;

  PassedFile(Descriptor descriptor) {
    this.descriptor = descriptor;
  }

  public static PassedFile forReading(Path path) throws IOException {
    return new PassedFile(Descriptor.open(path.toString(), O_NOFOLLOW | O_CLOEXEC));
  }

  public static PassedFile forWriting(Path path) throws IOException {
    return new PassedFile(Descriptor.open(path.toString(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  }

  /// Where this process may open it by name while it is not closed, as by `FileChannel.open`.
  public Path processPath() {
    return Path.of("/proc/self/fd/" + descriptor.number());
  }

  int number() {
    return descriptor.number();
  }

  @Override
  public void close() {
    descriptor.close();
  }
}
