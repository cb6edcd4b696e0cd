package io.gridset.operator.webhook.kube;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.gridset.operator.webhook.AdmissionReviews;
import io.gridset.operator.webhook.SidecarSettings;
import io.gridset.operator.webhook.certificate.Keyring;
import io.gridset.operator.webhook.server.ServingKey;
import io.gridset.operator.webhook.server.WebhookServer;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A running webhook: watches, keys and server, wired by hand. Constructed means serving, with
/// authorities that the API server has been told. `close()` ends all of it. Thread-safe.
public final class ClusterWebhook implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterWebhook.class);

  /// How soon a replica sees keys that another has renewed; a request of a kilobyte.
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(30);

  private final KubernetesClient client;
  private final WatchedCluster cluster;
  private final SharedKeyring keys;
  private final TrustedAuthorities authorities;
  private final ServingKey key;
  private final WebhookServer server;
  private final CountDownLatch closing = new CountDownLatch(1);

  /// What a webhook is told at start.
  ///
  /// @param host to listen on
  /// @param port 0 for any free one
  /// @param namespace where its Secret is, and the ConfigMap `webhook-plugins`
  /// @param secret holds the keys
  /// @param configuration the MutatingWebhookConfiguration that calls this webhook
  /// @param names host names and addresses by which it is called
  public record Settings(
      String host,
      int port,
      String namespace,
      String secret,
      String configuration,
      List<String> names,
      SidecarSettings sidecar) {
    public Settings {
      names = List.copyOf(names);
    }
  }

  private ClusterWebhook(
      KubernetesClient client, Settings settings, Keyring.Lives lives, InstantSource clock)
      throws IOException {
    this.client = client;
    this.keys =
        new SharedKeyring(
            client, settings.namespace(), settings.secret(), settings.names(), lives, clock);
    this.authorities = new TrustedAuthorities(client, settings.configuration());
    Keyring keyring = keys.refresh();
    this.key = new ServingKey(keyring.serverKey(), keyring.serverCertificate());
    this.cluster = new WatchedCluster(client, settings.namespace());
    try {
      this.server =
          new WebhookServer(
              settings.host(),
              settings.port(),
              key,
              new AdmissionReviews(cluster, settings.sidecar()));
    } catch (IOException e) {
      cluster.close();
      throw e;
    }
    tell(keyring);
    Thread.ofVirtual().name("webhook-keys").start(this::keepKeys);
  }

  /// Starts a webhook on the cluster that the process belongs to, or that `KUBECONFIG` names.
  ///
  /// @throws IOException when the cluster or the port is not to be had
  public static ClusterWebhook start(Settings settings, InstantSource clock) throws IOException {
    return start(new KubernetesClientBuilder().build(), settings, Keyring.Lives.defaults(), clock);
  }

  /// @param client becomes the webhook's own, closed with it
  static ClusterWebhook start(
      KubernetesClient client, Settings settings, Keyring.Lives lives, InstantSource clock)
      throws IOException {
    try {
      return new ClusterWebhook(client, settings, lives, clock);
    } catch (KubernetesClientException e) {
      client.close();
      throw new IOException("the webhook cannot start: " + e.getMessage(), e);
    } catch (IOException | RuntimeException e) {
      client.close(); // Watches that began end with it.
      throw e;
    }
  }

  private void keepKeys() {
    try {
      while (!closing.await(BETWEEN_LOOKS.toMillis(), TimeUnit.MILLISECONDS)) {
        try {
          refreshKeys();
        } catch (RuntimeException e) {
          LOG.warn("the webhook's keys stay as they are for now: {}", e.getMessage());
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /// Takes the keys that should be used now. The API server is told of their authorities first.
  void refreshKeys() {
    Keyring keyring = keys.refresh();
    tell(keyring);
    key.set(keyring.serverKey(), keyring.serverCertificate());
  }

  private void tell(Keyring keyring) {
    try {
      authorities.tell(keyring);
    } catch (KubernetesClientException e) {
      LOG.warn("the API server does not know this webhook's authority yet: {}", e.getMessage());
    }
  }

  /// The port that was got.
  public int port() {
    return server.port();
  }

  @Override
  public void close() {
    if (closing.getCount() > 0) {
      closing.countDown();
      try (client;
          cluster;
          server) {
        // In reverse order.
      }
    }
  }
}
