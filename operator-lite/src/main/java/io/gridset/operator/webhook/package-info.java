/// What becomes of a pod at its admission: the sidecar that mounts its datasets, the affinity to
/// nodes that hold them, or a refusal that names the remedy.
///
/// Entry type: [io.gridset.operator.webhook.AdmissionReviews]. Pure: knows Jackson and core, and of
/// the cluster what [io.gridset.operator.webhook.ClusterFacts] tells. Why pods are trees and no
/// classes here: fields of a newer Kubernetes than this program's must come through unharmed.
@NullMarked
package io.gridset.operator.webhook;

import org.jspecify.annotations.NullMarked;
