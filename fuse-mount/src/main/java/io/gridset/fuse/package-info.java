/// The mount: a tree of files as an ordinary file system. Knows the port `core.file` and the
/// transports; never where bytes come from.
///
/// Entry type: [io.gridset.fuse.FuseMount]. Why datasets are read-only: they belong to their
/// origin; every modifying call is EROFS. Only a tree that says so (objects) takes new files, and
/// only through the kernel's protocol: libfuse serves it for reading.
@NullMarked
package io.gridset.fuse;

import org.jspecify.annotations.NullMarked;
