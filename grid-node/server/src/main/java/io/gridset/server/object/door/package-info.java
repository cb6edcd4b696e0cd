/// The objects' local socket (docs/object-protocol.md): what processes of this machine put and get
/// Arrow objects through, without a copy. Large payloads never pass: descriptors do.
///
/// Entry type: [io.gridset.server.object.door.ObjectDoor]. Knows the port
/// [io.gridset.core.object.ObjectStore] and not what stands behind it. Why no HTTP here: no HTTP
/// library passes descriptors, and a put of a small table costs less than parsing its headers.
@NullMarked
package io.gridset.server.object.door;

import org.jspecify.annotations.NullMarked;
