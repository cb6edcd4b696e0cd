/// Arrow objects: tables and arrays that one process puts under a name and others map.
///
/// An object is one sealed Arrow IPC file in the node's memory, immutable from the moment its name
/// appears. [ObjectStore] is the port behind which a grid member keeps them; the mount, the REST
/// API, the Flight endpoint and the local socket are its users. Names belong to a namespace, which
/// is also the border of trust: memory is never handed from one to another with bytes in it.
///
/// There is no lease for readers: whoever maps an object keeps it, also when it is deleted.
@NullMarked
package io.gridset.core.object;

import org.jspecify.annotations.NullMarked;
