/// Speaks to the workers of a runtime through their API, as everybody does.
///
/// Entry type: [io.gridset.operator.members.RestWorkerApi]. Knows the client of the API, nothing of
/// Kubernetes. Why not a ConfigMap that workers read: an API call is answered with what is wrong,
/// and a member that leads runs loads once for all.
@NullMarked
package io.gridset.operator.members;

import org.jspecify.annotations.NullMarked;
