/// The objects of one node: sealed Arrow IPC files in a memory file system, their records, and the
/// disk that they spill to. Knows the ports of core and the kernel; nothing of sockets, mounts or
/// other members, which an [io.gridset.server.object.ObjectCatalog] stands for.
///
/// Entry type: [io.gridset.server.object.LocalObjectStore]. Why no arena with an allocator: a file
/// an object lets the kernel count who uses it, so that deleting one is `unlink`, and any Arrow
/// reader opens it without a client of ours.
@NullMarked
package io.gridset.server.object;

import org.jspecify.annotations.NullMarked;
