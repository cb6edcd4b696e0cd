package io.gridset.operator.webhook.kube;

import io.gridset.operator.testing.Release;

/// A current Kubernetes, with native sidecars.
class CurrentWebhookTest extends WebhookContract {
  CurrentWebhookTest() {
    super(Release.CURRENT);
  }

  @Override
  String sidecarList() {
    return "initContainers";
  }
}
