/// Unix stream sockets that pass open descriptors (`SCM_RIGHTS`) and tell who is at the other end
/// (`SO_PEERCRED`), which the JDK's cannot. The only package of the objects' door that uses
/// `java.lang.foreign`.
///
/// Entry types: [io.gridset.server.object.socket.LocalListener] and
/// [io.gridset.server.object.socket.LocalSocket]. A call waits in the kernel and holds its platform
/// thread; `shutdown` from another thread ends the wait. Descriptors that arrive where none were
/// asked for are closed by the kernel.
@NullMarked
package io.gridset.server.object.socket;

import org.jspecify.annotations.NullMarked;
