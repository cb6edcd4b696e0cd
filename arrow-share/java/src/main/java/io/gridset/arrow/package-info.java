/// Arrow objects of a Gridset node on this machine: put a table under a name, get it as vectors
/// over shared memory, without a copy. Entry type: [io.gridset.arrow.ObjectClient].
///
/// Runs on Java 21 and later, on Linux, and depends on Arrow and Jackson only: nothing of a node is
/// on an application's class path. It speaks the local socket of `docs/object-protocol.md`, not the
/// REST API, because only a Unix socket can hand over a file.
@NullMarked
package io.gridset.arrow;

import org.jspecify.annotations.NullMarked;
