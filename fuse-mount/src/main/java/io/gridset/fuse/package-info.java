/// The mount: files of a dataset as an ordinary read-only file system. Knows the port `core.file`
/// and the transports; never where bytes come from.
///
/// Entry type: [io.gridset.fuse.FuseMount]. Why read-only: version 1 serves datasets, it does not
/// take them in; every modifying call is EROFS.
@NullMarked
package io.gridset.fuse;

import org.jspecify.annotations.NullMarked;
