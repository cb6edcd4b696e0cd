/// The few kernel calls that the block cache and the objects need and the JDK does not offer:
/// positional I/O that an interrupt cannot close, hole punching, allocated sizes, write leases, and
/// mappings that are unmapped when asked. The only package of the server that uses
/// `java.lang.foreign`.
///
/// Entry type: [io.gridset.server.cache.mapping.NativeFile]. Why not `FileChannel`: it closes a
/// shared channel when the calling thread is interrupted, tells "no space" only in a translated
/// text, and hides its descriptor, which leases and hole punching need.
@NullMarked
package io.gridset.server.cache.mapping;

import org.jspecify.annotations.NullMarked;
