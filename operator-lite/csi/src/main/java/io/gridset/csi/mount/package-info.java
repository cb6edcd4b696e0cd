/// Mounts of this machine: bind mounts made and taken away, file systems asked whether they answer.
///
/// Whatever may hang in the kernel (a mount whose server is stuck) is done by a command in a
/// process of its own, which is killed when its time is up; a thread of ours could not be. Entry
/// type: [io.gridset.csi.mount.Mounts].
@NullMarked
package io.gridset.csi.mount;

import org.jspecify.annotations.NullMarked;
