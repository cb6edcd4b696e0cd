package io.gridset.server.control;

import io.gridset.core.dataset.DatasetDefinition;
import io.gridset.core.dataset.DatasetHost;
import io.gridset.core.dataset.DatasetHost.Disposal;
import io.gridset.core.store.StorageException;
import io.gridset.core.unit.Ticker;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Starts and stops datasets on the host, and remembers how that went. Starting asks origins that
/// may be slow, so each start has a virtual thread of its own. Thread-safe.
final class HostDriver {
  private static final Logger LOG = LoggerFactory.getLogger(HostDriver.class);

  /// Starts at a time: enough that one dead origin holds nobody up, few enough for a start-up with
  /// thousands of datasets.
  private static final int MAX_STARTS = 8;

  private static final Duration FIRST_RETRY = Duration.ofSeconds(2);
  private static final Duration LONGEST_RETRY = Duration.ofSeconds(60);

  private final DatasetHost host;
  private final Ticker ticker;
  private final Runnable changed;

  /// One stop at a time, so that whoever asks for one that is under way returns after it.
  private final ReentrantLock stopping = new ReentrantLock();

  private final Semaphore starts = new Semaphore(MAX_STARTS);
  private final Map<String, HostState> states = new HashMap<>();

  /// Datasets that were told to stop while they were starting.
  private final Map<String, Disposal> stopWhenStarted = new HashMap<>();

  /// @param changed called after every change of a state that was not asked for
  HostDriver(DatasetHost host, Ticker ticker, Runnable changed) {
    this.host = host;
    this.ticker = ticker;
    this.changed = changed;
  }

  synchronized HostState state(String uid) {
    return states.getOrDefault(uid, new HostState.Stopped());
  }

  /// Whether a start is under way.
  synchronized boolean starting() {
    return states.values().stream().anyMatch(HostState.Starting.class::isInstance);
  }

  /// The UIDs that are not stopped.
  synchronized Set<String> uids() {
    return Set.copyOf(states.keySet());
  }

  /// Starts a dataset, or replaces the running one of its UID; nothing while a start is under way.
  void start(DatasetDefinition definition) {
    String uid = definition.uid();
    int attempts;
    synchronized (this) {
      HostState before = state(uid);
      if (before instanceof HostState.Starting) {
        return;
      }
      boolean again =
          before instanceof HostState.Failed failed && failed.definition().equals(definition);
      attempts = again && before instanceof HostState.Failed failed ? failed.attempts() : 0;
      Verdict.Phase shownAs =
          before instanceof HostState.Running ? Verdict.Phase.UPDATING : Verdict.Phase.NOT_BOUND;
      states.put(uid, new HostState.Starting(definition, shownAs));
    }
    Thread.ofVirtual()
        .name("gridset-start-" + definition.name())
        .start(() -> finish(uid, attempt(definition, attempts)));
  }

  private HostState attempt(DatasetDefinition definition, int attempts) {
    starts.acquireUninterruptibly();
    try {
      host.start(definition);
      return new HostState.Running(definition);
    } catch (StorageException e) {
      return failed(definition, e.kind(), String.valueOf(e.getMessage()), attempts + 1);
    } catch (RuntimeException e) {
      LOG.error("dataset {} could not be started", definition.name(), e);
      String message = "internal error: " + e;
      return failed(definition, StorageException.Kind.INVALID, message, attempts + 1);
    } finally {
      starts.release();
    }
  }

  private HostState failed(
      DatasetDefinition definition, StorageException.Kind kind, String message, int attempts) {
    long wait =
        Math.min(FIRST_RETRY.toNanos() << Math.min(attempts - 1, 16), LONGEST_RETRY.toNanos());
    return new HostState.Failed(definition, kind, message, attempts, ticker.nanos() + wait);
  }

  private void finish(String uid, HostState outcome) {
    @Nullable Disposal stop;
    synchronized (this) {
      stop = stopWhenStarted.remove(uid);
      states.put(uid, outcome);
    }
    if (stop != null) {
      stop(uid, stop);
    }
    changed.run();
  }

  /// Stops a dataset, after its start if one is under way. Dropping bytes may take a while.
  void stop(String uid, Disposal disposal) {
    synchronized (this) {
      if (states.get(uid) instanceof HostState.Starting) {
        stopWhenStarted.merge(uid, disposal, (a, b) -> a == Disposal.DROP_BYTES ? a : b);
        return;
      }
      states.remove(uid);
    }
    stopping.lock();
    try {
      host.stop(uid, disposal);
    } catch (RuntimeException e) {
      LOG.error("a dataset could not be stopped", e);
    } finally {
      stopping.unlock();
    }
  }
}
