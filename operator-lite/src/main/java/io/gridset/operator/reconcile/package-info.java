/// Decides what a cluster should hold for each dataset: what was observed goes in, wanted objects,
/// statuses, events and the time of the next look come out. Pure: no client, no clock, no thread.
///
/// Entry types: [io.gridset.operator.reconcile.DatasetReconciler] with
/// [io.gridset.operator.reconcile.Observed] and [io.gridset.operator.reconcile.Outcome]. Objects
/// are JSON trees, since most of a pod's fields are only handed on from the user's manifest. Why
/// not one reconciler for each kind: dataset, runtime and loads of a name are one thing that
/// several manifests describe, and one decision about them cannot contradict itself.
@NullMarked
package io.gridset.operator.reconcile;

import org.jspecify.annotations.NullMarked;
