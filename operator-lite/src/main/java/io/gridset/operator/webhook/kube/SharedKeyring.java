package io.gridset.operator.webhook.kube;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.gridset.operator.webhook.certificate.Keyring;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The keys in their Secret. All replicas read and renew it; who writes first wins, and the others
/// take what it wrote. Thread-safe.
///
/// @param names that the server's certificate must be good for
record SharedKeyring(
    KubernetesClient client,
    String namespace,
    String secret,
    List<String> names,
    Keyring.Lives lives,
    InstantSource clock) {
  private static final Logger LOG = LoggerFactory.getLogger(SharedKeyring.class);
  private static final int CONFLICT = 409;
  private static final int ATTEMPTS = 10;

  /// The keys as they should be now.
  ///
  /// @throws KubernetesClientException when the API server does not do it
  Keyring refresh() {
    KubernetesClientException last = null;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        return once();
      } catch (KubernetesClientException e) {
        if (e.getCode() != CONFLICT) {
          throw e;
        }
        last = e;
      }
    }
    throw new KubernetesClientException("Secret " + secret + " is written all the time", last);
  }

  private Keyring once() {
    Resource<Secret> resource = client.secrets().inNamespace(namespace).withName(secret);
    Secret found = resource.get();
    if (found == null) {
      Keyring made = Keyring.make(names, clock.instant(), lives);
      client.resource(filled(new Secret(), made)).inNamespace(namespace).create();
      return made;
    }
    Optional<Keyring> known = read(found);
    Keyring wanted =
        known
            .map(keyring -> keyring.renewed(names, clock.instant(), lives))
            .orElseGet(() -> Keyring.make(names, clock.instant(), lives));
    if (known.isEmpty() || !known.get().equals(wanted)) {
      client.resource(filled(found, wanted)).inNamespace(namespace).update();
      LOG.info("Secret {}/{} has new keys", namespace, secret);
    }
    return wanted;
  }

  private Optional<Keyring> read(Secret found) {
    if (found.getData() == null || found.getData().isEmpty()) {
      return Optional.empty();
    }
    Map<String, String> data = new LinkedHashMap<>();
    try {
      found
          .getData()
          .forEach(
              (key, value) ->
                  data.put(
                      key,
                      new String(Base64.getDecoder().decode(value), StandardCharsets.US_ASCII)));
      return Optional.of(Keyring.read(data));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      LOG.warn("Secret {}/{} cannot be used and is written anew", namespace, secret, e);
      return Optional.empty();
    }
  }

  private Secret filled(Secret secret, Keyring keyring) {
    Map<String, String> data = new LinkedHashMap<>();
    keyring
        .write()
        .forEach(
            (key, value) ->
                data.put(
                    key,
                    Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.US_ASCII))));
    return new SecretBuilder(secret)
        .editOrNewMetadata()
        .withName(this.secret)
        .withNamespace(namespace)
        .endMetadata()
        .withData(data)
        .build();
  }
}
