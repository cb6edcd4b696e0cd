package io.gridset.server.control;

import io.gridset.core.dataset.DatasetHost;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.LoadRequest;
import io.gridset.core.dataset.LoadRun;
import io.gridset.core.store.StorageException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Starts and cancels loads on the host, by the UID of their manifest. Thread-safe.
final class LoadDriver {
  private static final Logger LOG = LoggerFactory.getLogger(LoadDriver.class);

  private final DatasetHost host;
  private final Runnable changed;
  private final Map<String, Slot> slots = new HashMap<>();

  /// @param generation of the manifest that was begun
  private record Slot(long generation, State state) {}

  private sealed interface State {
    record Starting() implements State {}

    record Begun(LoadRun run) implements State {}

    record Refused(StorageException.Kind kind, String message) implements State {}
  }

  LoadDriver(DatasetHost host, Runnable changed) {
    this.host = host;
    this.changed = changed;
  }

  /// What a load does; one of an older generation is none of it.
  LoadActivity activity(String uid, long generation) {
    Slot slot;
    synchronized (this) {
      slot = slots.get(uid);
    }
    if (slot == null || slot.generation() != generation) {
      return new LoadActivity.Idle();
    }
    return switch (slot.state()) {
      case State.Starting() -> new LoadActivity.Starting();
      case State.Begun(LoadRun run) -> new LoadActivity.Running(run.progress());
      case State.Refused(StorageException.Kind kind, String message) ->
          new LoadActivity.Refused(kind, message);
    };
  }

  synchronized Set<String> uids() {
    return Set.copyOf(slots.keySet());
  }

  /// Begins a load, on a thread of its own because the host may ask the origin for the targets. One
  /// of an older generation is cancelled.
  void start(String uid, long generation, DatasetName dataset, LoadRequest request) {
    forget(uid);
    Slot starting = new Slot(generation, new State.Starting());
    synchronized (this) {
      slots.put(uid, starting);
    }
    Thread.ofVirtual()
        .name("gridset-load-" + dataset)
        .start(() -> begin(uid, starting, dataset, request));
  }

  private void begin(String uid, Slot starting, DatasetName dataset, LoadRequest request) {
    State outcome;
    try {
      outcome = new State.Begun(host.load(dataset, request));
    } catch (StorageException e) {
      outcome = new State.Refused(e.kind(), String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      LOG.error("a load of {} could not be started", dataset, e);
      outcome = new State.Refused(StorageException.Kind.INVALID, "internal error: " + e);
    }
    boolean wanted;
    synchronized (this) {
      Slot fresh = new Slot(starting.generation(), outcome);
      wanted = slots.replace(uid, starting, fresh);
    }
    if (!wanted && outcome instanceof State.Begun(LoadRun run)) {
      run.cancel();
    }
    changed.run();
  }

  /// Cancels a load if it still runs, and forgets it.
  void forget(String uid) {
    Slot slot;
    synchronized (this) {
      slot = slots.remove(uid);
    }
    if (slot != null && slot.state() instanceof State.Begun(LoadRun run)) {
      if (!run.progress().phase().isEnd()) {
        run.cancel();
      }
    }
  }
}
