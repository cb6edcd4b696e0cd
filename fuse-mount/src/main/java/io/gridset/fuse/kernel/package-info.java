/// The transport that speaks the kernel's FUSE protocol on /dev/fuse itself (Linux 4.20 or later,
/// 64 bits), through `java.lang.foreign`: the only package of this room that may import it.
///
/// Entry type: [io.gridset.fuse.kernel.KernelTransport]. Why not libfuse: its path-based interface
/// has no passthrough, no asynchronous replies and 128 KiB requests, and costs twice the CPU.
@NullMarked
package io.gridset.fuse.kernel;

import org.jspecify.annotations.NullMarked;
