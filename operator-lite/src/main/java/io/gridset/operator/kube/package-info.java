/// The one package that talks to the API server: watches, writes, elects a leader, and runs the
/// pure decisions of `operator.reconcile` on what it sees.
///
/// Entry type: [io.gridset.operator.kube.Operator]. Whatever it does may be repeated, broken off at
/// any point and begun anew: each look decides from what there is, never from what happened.
@NullMarked
package io.gridset.operator.kube;

import org.jspecify.annotations.NullMarked;
