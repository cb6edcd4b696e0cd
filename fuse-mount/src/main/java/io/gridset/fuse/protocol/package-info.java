/// The FUSE kernel protocol (include/uapi/linux/fuse.h, version 7.45) as values: requests parsed
/// from the bytes the kernel wrote, reply bodies, and errors. Knows buffers and core's vocabulary;
/// neither descriptors nor native memory.
///
/// Entry type: [io.gridset.fuse.protocol.RequestParser]. Why requests become records instead of
/// views that live on: a device loop reuses its buffer while handlers still wait for the origin.
@NullMarked
package io.gridset.fuse.protocol;

import org.jspecify.annotations.NullMarked;
