package io.gridset.operator.crd;

import io.gridset.operator.testing.Kubectl;
import io.gridset.operator.testing.Release;

/// Kubernetes 1.20, the oldest that is supported.
class FloorApiServerTest extends ApiServerContract {
  FloorApiServerTest() {
    super(Release.FLOOR);
  }

  /// This kubectl knows no rules in the Common Expression Language and would refuse them; the
  /// server passes over them.
  @Override
  void installWith(Kubectl kubectl, String directory) {
    kubectl.must("apply", "--validate=false", "-f", directory);
  }
}
