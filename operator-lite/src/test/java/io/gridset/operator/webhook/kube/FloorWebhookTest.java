package io.gridset.operator.webhook.kube;

import io.gridset.operator.testing.Release;

/// Kubernetes 1.20, which knows no native sidecars.
class FloorWebhookTest extends WebhookContract {
  FloorWebhookTest() {
    super(Release.FLOOR);
  }

  @Override
  String sidecarList() {
    return "containers";
  }
}
