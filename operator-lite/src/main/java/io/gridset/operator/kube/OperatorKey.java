package io.gridset.operator.kube;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;

/// The key that all tokens come from, in a Secret of the operator's namespace. The installation
/// brings the Secret, empty, so that it goes with the installation; the first operator of all fills
/// it.
record OperatorKey(Secret secret) {
  private static final String ENTRY = "key";
  private static final int BYTES = 32;
  private static final int CONFLICT = 409;

  /// Reads it, or makes it.
  ///
  /// @throws KubernetesClientException when the Secret can neither be read nor written
  static OperatorKey of(KubernetesClient client, String namespace, String name) {
    Resource<Secret> resource = client.secrets().inNamespace(namespace).withName(name);
    Secret present = resource.get();
    if (present == null || !isFilled(present)) {
      try {
        present = present == null ? create(client, namespace, name) : fill(client, present);
      } catch (KubernetesClientException e) {
        if (e.getCode() != CONFLICT) {
          throw e;
        }
        present = resource.require(); // Another replica was quicker.
      }
    }
    return new OperatorKey(present);
  }

  byte[] bytes() {
    return Base64.getDecoder().decode(secret.getData().get(ENTRY));
  }

  /// For what is to go when the Secret goes.
  OwnerReference owner() {
    return new OwnerReferenceBuilder()
        .withApiVersion(secret.getApiVersion())
        .withKind(secret.getKind())
        .withName(secret.getMetadata().getName())
        .withUid(secret.getMetadata().getUid())
        .build();
  }

  private static boolean isFilled(Secret secret) {
    Map<String, String> data = secret.getData();
    return data != null && !data.getOrDefault(ENTRY, "").isEmpty();
  }

  private static Secret create(KubernetesClient client, String namespace, String name) {
    SecretBuilder secret =
        new SecretBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(name)
            .endMetadata()
            .withType("Opaque")
            .addToData(ENTRY, made());
    return client.secrets().inNamespace(namespace).resource(secret.build()).create();
  }

  /// With the version that was read: of several replicas one succeeds.
  private static Secret fill(KubernetesClient client, Secret empty) {
    return client.resource(new SecretBuilder(empty).addToData(ENTRY, made()).build()).update();
  }

  private static String made() {
    byte[] key = new byte[BYTES];
    new SecureRandom().nextBytes(key);
    return Base64.getEncoder().encodeToString(key);
  }
}
