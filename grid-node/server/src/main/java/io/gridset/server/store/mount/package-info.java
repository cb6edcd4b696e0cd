/// What a mount's declaration says to a store: options, credentials and paths, with messages that
/// name the field to mend. Knows manifests' words, no protocol.
///
/// Entry type: [io.gridset.server.store.mount.MountOptions]. Why not a typed record per store:
/// users write free-form names from several projects, and must be told which were not understood.
@NullMarked
package io.gridset.server.store.mount;

import org.jspecify.annotations.NullMarked;
