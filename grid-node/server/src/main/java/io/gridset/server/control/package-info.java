/// The standalone program's control plane: keeps manifests, compares what they ask for with what
/// runs on this node, and tells their status in Fluid's words.
///
/// Entry type: [io.gridset.server.control.LocalControlPlane]. Knows the node through
/// [io.gridset.core.dataset.DatasetHost] only. Why decisions and deeds are apart: the reconcilers
/// are pure, so that tests drive them through every state, and the operator can reuse them.
@NullMarked
package io.gridset.server.control;

import org.jspecify.annotations.NullMarked;
