/// The CSI node plugin: datasets as volumes of pods, mounted on demand.
///
/// Entry type: [io.gridset.csi.CsiPlugin]. It knows volumes, targets and the port
/// [io.gridset.csi.FuseMounts]; which process serves a mount, and how it is started, is for others
/// to say. It speaks to nodes through their API, as everybody does. What it published is recorded
/// in its state directory before it is done, so that whatever ends it leaves nothing unknown.
@NullMarked
package io.gridset.csi;

import org.jspecify.annotations.NullMarked;
