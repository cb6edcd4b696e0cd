/// A directory of this machine as an under store.
///
/// Entry type: [io.gridset.server.store.local.LocalUnderStore]. Why symbolic links out of the root
/// are refused rather than followed: a mount's path is all that its user was granted.
@NullMarked
package io.gridset.server.store.local;

import org.jspecify.annotations.NullMarked;
