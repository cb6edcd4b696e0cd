/// Arrow's IPC format, as far as objects go in and out in it: a file taken to pieces, and one put
/// together, without any vectors. Types that no library of Java's knows pass unchanged.
///
/// Entry types: [io.gridset.flight.ipc.IpcTable], [io.gridset.flight.ipc.IpcAssembler].
@NullMarked
package io.gridset.flight.ipc;

import org.jspecify.annotations.NullMarked;
