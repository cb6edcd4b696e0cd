package io.gridset.fuse;

import java.nio.file.Path;

/// libfuse through jnr-fuse.
final class LibFuseMountTest extends MountContractTest {
  @Override
  MountSettings settings(Path mountPoint) {
    return MountSettings.of(mountPoint, "gridset:test").withTransport(TransportChoice.LIBFUSE);
  }
}
