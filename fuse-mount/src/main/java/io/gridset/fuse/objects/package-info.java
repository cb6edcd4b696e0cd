/// Objects as files: a namespace's Arrow objects as a tree that a mount serves, and new files in it
/// as new objects. Knows the ports of core; neither the kernel nor where objects lie.
///
/// Entry type: [io.gridset.fuse.objects.ObjectFiles]. Why here and not beside the object store: it
/// is a view for mounts alone, needs nothing but ports, and a mount in a sidecar has no server.
@NullMarked
package io.gridset.fuse.objects;

import org.jspecify.annotations.NullMarked;
