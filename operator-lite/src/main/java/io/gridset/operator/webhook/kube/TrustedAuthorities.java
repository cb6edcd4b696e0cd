package io.gridset.operator.webhook.kube;

import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.gridset.operator.webhook.certificate.Keyring;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/// The authorities in a MutatingWebhookConfiguration, by which the API server knows this webhook.
/// Nothing else of it is changed. Thread-safe.
record TrustedAuthorities(KubernetesClient client, String configuration) {
  private static final int CONFLICT = 409;
  private static final int ATTEMPTS = 10;

  /// Writes them where others stand.
  ///
  /// @throws KubernetesClientException when there is no such configuration, or it cannot be written
  void tell(Keyring keyring) {
    String wanted =
        Base64.getEncoder()
            .encodeToString(keyring.authorities().getBytes(StandardCharsets.US_ASCII));
    KubernetesClientException last = null;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        once(wanted);
        return;
      } catch (KubernetesClientException e) {
        if (e.getCode() != CONFLICT) {
          throw e;
        }
        last = e;
      }
    }
    throw new KubernetesClientException(configuration + " is written all the time", last);
  }

  private void once(String wanted) {
    MutatingWebhookConfiguration found =
        client
            .admissionRegistration()
            .v1()
            .mutatingWebhookConfigurations()
            .withName(configuration)
            .get();
    if (found == null) {
      throw new KubernetesClientException(
          "there is no MutatingWebhookConfiguration " + configuration);
    }
    boolean differs = false;
    for (MutatingWebhook webhook : found.getWebhooks()) {
      differs |= !wanted.equals(webhook.getClientConfig().getCaBundle());
      webhook.getClientConfig().setCaBundle(wanted);
    }
    if (differs) {
      client.resource(found).update();
    }
  }
}
