package io.gridset.operator.kube;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
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
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
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

  private Operator(KubernetesClient client, LeaseLock lock, Settings rendering, WorkerApi members) {
    this.client = client;
    this.settings = rendering;
    this.members = members;
    this.elector =
        client
            .leaderElector()
            .withConfig(
                new LeaderElectionConfig(
                    lock,
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
  /// @throws IOException when there is no cluster to be had, or Fluid runs in it, with the reason
  public static Operator start(OperatorSettings settings, WorkerApi members) throws IOException {
    KubernetesClient client = new KubernetesClientBuilder().withConfig(config(settings)).build();
    try {
      Optional<String> objection = FluidControllers.objection(client);
      if (objection.isPresent()) {
        client.close();
        throw new IOException(objection.get());
      }
      OperatorKey key = OperatorKey.of(client, settings.namespace(), NAME + "-key");
      RuntimeTokens tokens = new RuntimeTokens(key.bytes());
      Settings rendering = new Settings(settings.image(), tokens, settings.withoutGrants());
      return new Operator(client, lock(settings, key), rendering, members);
    } catch (KubernetesClientException e) {
      client.close();
      throw new IOException(
          "the cluster at " + client.getMasterUrl() + " cannot be used: " + e.getMessage(), e);
    }
  }

  /// A Lease that goes when the key goes: with the installation.
  private static LeaseLock lock(OperatorSettings settings, OperatorKey key) {
    ObjectMeta lease =
        new ObjectMetaBuilder()
            .withNamespace(settings.namespace())
            .withName(NAME)
            .withOwnerReferences(key.owner())
            .build();
    return new LeaseLock(lease, settings.identity());
  }

  private static Config config(OperatorSettings settings) throws IOException {
    if (settings.kubeconfig().isEmpty()) {
      return Config.autoConfigure(null);
    }
    return Config.fromKubeconfig(settings.kubeconfig().get().toFile());
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
