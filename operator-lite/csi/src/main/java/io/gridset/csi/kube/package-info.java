/// What the CSI plugin asks of the API server: the labels of its own node, and how the FUSE pods of
/// this node are.
///
/// Entry type: [io.gridset.csi.kube.ClusterFusePods]. Nothing is watched: a plugin on every node of
/// a large cluster asks when a volume is wanted or left, and at no other time.
@NullMarked
package io.gridset.csi.kube;

import org.jspecify.annotations.NullMarked;
