/// A real etcd and kube-apiserver for tests: what `tools/build-kubernetes.sh` has built, on
/// loopback, with certificates of their own. Entry type: [io.gridset.operator.testing.ApiServer].
@NullMarked
package io.gridset.operator.testing;

import org.jspecify.annotations.NullMarked;
