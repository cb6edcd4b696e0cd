/// `gridset demo`: scenario 1 on one machine, with an object store, a node and readers as separate
/// processes.
///
/// Entry type: [io.gridset.demo.Demo]. It drives the node with the same commands as a user would.
/// Why separate processes: a process must not read a mount that it serves itself, and `--keep`
/// leaves them running.
@NullMarked
package io.gridset.demo;

import org.jspecify.annotations.NullMarked;
