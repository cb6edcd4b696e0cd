/// The port between a mount and the way it reaches the kernel. Knows paths, options and counters;
/// neither protocols nor native memory.
///
/// Entry type: [io.gridset.fuse.transport.MountTransport]. Why a port: the kernel protocol is Linux
/// only, libfuse is slower but portable, and both must pass the same contract test.
@NullMarked
package io.gridset.fuse.transport;

import org.jspecify.annotations.NullMarked;
