package io.gridset.csi;

import io.gridset.core.unit.Ticker;
import io.gridset.csi.VolumeRecord.Target;
import io.gridset.csi.mount.Mounts;
import io.gridset.csi.mount.Mounts.Health;
import io.gridset.csi.rpc.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings back what was published and has died, whether the plugin was there or not, and ends
/// mounts that nobody can want any more. Looks at all volumes again and again; a volume with a call
/// under way is left to that call.
final class Recovery implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

  /// For what is silent, and for what waits for its dataset's end: a look costs a process, which
  /// may hang, or a question to the reader.
  private static final Duration LATER = Duration.ofSeconds(10);

  /// For one volume; what takes longer goes on, and is found at the next look.
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final VolumeBook book;
  private final FuseMounts mounts;
  private final KeyedLocks locks;
  private final Ticker ticker;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;

  /// Volumes that are to be left alone for a while.
  private final Map<String, Deadline> later = new ConcurrentHashMap<>();

  /// Volumes with a look under way: one that waits must not make the others wait.
  private final Set<String> looking = ConcurrentHashMap.newKeySet();

  Recovery(VolumeBook book, FuseMounts mounts, KeyedLocks locks, Ticker ticker) {
    this.book = book;
    this.mounts = mounts;
    this.locks = locks;
    this.ticker = ticker;
    this.thread = Thread.ofVirtual().name("csi-recovery").start(this::run);
  }

  private void run() {
    try {
      do {
        List<String> ids = book.all().stream().map(VolumeRecord::volumeId).toList();
        later.keySet().retainAll(ids);
        for (String id : ids) {
          Deadline wait = later.get(id);
          if ((wait == null || wait.passed()) && looking.add(id)) {
            later.remove(id);
            Thread.ofVirtual().name("csi-recovery-" + id).start(() -> look(id));
          }
        }
      } while (!stop.await(BETWEEN_LOOKS.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt(); // The plugin ends.
    }
  }

  private void look(String volumeId) {
    try (KeyedLocks.Held held = locks.tryTake(volumeId, Duration.ZERO)) {
      if (held != null) {
        VolumeRecord volume = book.find(volumeId).orElse(null);
        if (volume != null && !volume.targets().isEmpty()) {
          revive(volume);
        } else if (volume != null && volume.unused()) {
          tidy(volume);
        }
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("volume {} is not what it should be: {}", volumeId, e.getMessage());
    } finally {
      looking.remove(volumeId);
    }
  }

  private void revive(VolumeRecord known) throws IOException {
    VolumeRecord volume = withoutGone(known);
    if (volume.targets().isEmpty()) {
      return;
    }
    FuseVolume fuse = volume.fuse();
    switch (Mounts.health(Mounts.tablePath(fuse.mountPoint()))) {
      case Health.Answers _ -> {}
      case Health.Silent(String why) -> {
        later.put(volume.volumeId(), Deadline.in(LATER, ticker));
        LOG.warn("{} does not answer: {}", fuse, why); // It may be busy, and is not ended.
        return;
      }
      case Health.Missing _, Health.Dead _ -> {
        LOG.warn("{} has gone and is mounted anew", fuse);
        mounts.ensure(fuse, Deadline.in(PATIENCE, ticker));
      }
    }
    Targets.checkServer(fuse);
    for (Target target : volume.targets()) {
      if (!Targets.isShown(volume, target)) {
        Targets.show(volume, target);
        LOG.info("{} is at {} again", fuse, target.path());
      }
    }
  }

  /// A pod's directory that is gone needs no mount; its kubelet may have had no time to say so.
  private VolumeRecord withoutGone(VolumeRecord volume) throws IOException {
    VolumeRecord left = volume;
    for (Target target : volume.targets()) {
      if (Targets.isGone(target)) {
        left = left.withoutTarget(target.path());
      }
    }
    if (!left.equals(volume)) {
      book.put(left);
    }
    return left;
  }

  private void tidy(VolumeRecord volume) throws IOException {
    FuseVolume fuse = volume.fuse();
    if (book.inUse(fuse)) {
      book.forget(volume.volumeId()); // Another volume's end is the mount's.
      return;
    }
    // Also when it fails: it is not to fail each second.
    later.put(volume.volumeId(), Deadline.in(LATER, ticker));
    if (volume.isOver(mounts)) {
      LOG.info("{} is not wanted any more", fuse);
      mounts.release(fuse, Deadline.in(PATIENCE, ticker));
      book.forget(volume.volumeId());
    }
  }

  /// Looks no more; what is mounted stays.
  @Override
  public void close() {
    stop.countDown();
    try {
      thread.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
