/// The portable transport: libfuse's path-based interface through jnr-fuse, for macOS, hosts
/// without the new kernel protocol, and users who may only mount through fusermount.
///
/// Entry type: [io.gridset.fuse.libfuse.LibFuseTransport]. Why it is not the default: it copies
/// every byte in 128 KiB requests at twice the CPU, and has neither passthrough nor node ids.
@NullMarked
package io.gridset.fuse.libfuse;

import org.jspecify.annotations.NullMarked;
