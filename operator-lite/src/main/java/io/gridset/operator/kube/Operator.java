package io.gridset.operator.kube;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfig;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.gridset.operator.reconcile.RuntimeTokens;
import io.gridset.operator.reconcile.Settings;
import io.gridset.operator.reconcile.WorkerApi;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The operator of a cluster: waits until it leads, then reconciles. One that leads no more ends,
/// so that there are never two; whoever runs it starts it again. Thread-safe.
public final class Operator implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Operator.class);
  private static final String NAME = "gridset-operator";
  private static final String KEY = "key";
  private static final int KEY_BYTES = 32;
  private static final int CONFLICT = 409;
  private static final Duration LEASE = Duration.ofSeconds(15);
  private static final Duration RENEW_WITHIN = Duration.ofSeconds(10);
  private static final Duration RETRY = Duration.ofSeconds(2);

  private final KubernetesClient client;
  private final Settings settings;
  private final WorkerApi members;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final LeaderElector elector;
  private final CompletableFuture<?> election;
  private @Nullable Controller controller;
  private boolean closed;

  private Operator(
      KubernetesClient client, OperatorSettings settings, Settings rendering, WorkerApi members) {
    this.client = client;
    this.settings = rendering;
    this.members = members;
    this.elector =
        client
            .leaderElector()
            .withConfig(
                new LeaderElectionConfig(
                    new LeaseLock(settings.namespace(), NAME, settings.identity()),
                    LEASE,
                    RENEW_WITHIN,
                    RETRY,
                    new LeaderCallbacks(this::lead, this::stepDown, Operator::follow),
                    false,
                    NAME))
            .build();
    this.election = elector.start();
  }

  /// Begins to take part in the election.
  ///
  /// @throws IOException when there is no cluster to be had, with the reason
  public static Operator start(OperatorSettings settings, WorkerApi members) throws IOException {
    KubernetesClient client = new KubernetesClientBuilder().withConfig(config(settings)).build();
    try {
      RuntimeTokens tokens = new RuntimeTokens(key(client, settings.namespace()));
      Settings rendering = new Settings(settings.image(), tokens, settings.withoutGrants());
      return new Operator(client, settings, rendering, members);
    } catch (KubernetesClientException e) {
      client.close();
      throw new IOException(
          "the cluster at " + client.getMasterUrl() + " cannot be used: " + e.getMessage(), e);
    }
  }

  private static Config config(OperatorSettings settings) throws IOException {
    if (settings.kubeconfig().isEmpty()) {
      return Config.autoConfigure(null);
    }
    return Config.fromKubeconfig(settings.kubeconfig().get().toFile());
  }

  /// The key of all tokens: read, or made by the first operator of all.
  private static byte[] key(KubernetesClient client, String namespace) {
    var secret = client.secrets().inNamespace(namespace).withName(NAME + "-" + KEY);
    Secret present = secret.get();
    if (present == null) {
      byte[] key = new byte[KEY_BYTES];
      new SecureRandom().nextBytes(key);
      try {
        present =
            client
                .secrets()
                .inNamespace(namespace)
                .resource(
                    new SecretBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName(NAME + "-" + KEY)
                        .endMetadata()
                        .withType("Opaque")
                        .addToData(KEY, Base64.getEncoder().encodeToString(key))
                        .build())
                .create();
      } catch (KubernetesClientException e) {
        if (e.getCode() != CONFLICT) {
          throw e;
        }
        present = secret.require(); // Another replica was quicker.
      }
    }
    return Base64.getDecoder().decode(present.getData().getOrDefault(KEY, ""));
  }

  private synchronized void lead() {
    if (!closed) {
      LOG.info("leading: datasets are reconciled from here");
      controller = new Controller(client, settings, members, InstantSource.system());
    }
  }

  private void stepDown() {
    LOG.info("leading no more");
    ended.countDown();
  }

  private static void follow(String leader) {
    LOG.info("the leader is {}", leader);
  }

  /// Waits until it has led and leads no more, or was closed.
  public void awaitEnd() throws InterruptedException {
    ended.await();
  }

  /// Not left to the election, which would do so after the client is closed.
  private void release() {
    try {
      var _ = elector.release();
    } catch (KubernetesClientException e) {
      LOG.warn("the lease is not given back, and runs out by itself: {}", e.getMessage());
    }
  }

  /// Gives the lease back, for the next replica to go on at once.
  @Override
  public void close() {
    Controller running;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      running = controller;
    }
    if (running != null) {
      running.close();
    }
    election.cancel(true);
    release();
    ended.countDown();
    client.close();
  }
}
