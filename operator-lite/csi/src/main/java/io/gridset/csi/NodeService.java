package io.gridset.csi;

import io.gridset.csi.VolumeAttributes.Method;
import io.gridset.csi.VolumeRecord.Target;
import io.gridset.csi.mount.Mounts;
import io.gridset.csi.mount.Mounts.Figures;
import io.gridset.csi.mount.Mounts.Health;
import io.gridset.csi.rpc.Deadline;
import io.gridset.csi.rpc.RpcCode;
import io.gridset.csi.rpc.RpcException;
import io.gridset.csi.wire.Answers;
import io.gridset.csi.wire.Answers.Usage;
import io.gridset.csi.wire.VolumeRequest;
import io.gridset.csi.wire.VolumeRequest.Capability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `csi.v1.Node`: mounts a dataset when its first volume is staged, and shows it at the targets of
/// pods. Calls for one volume run one after another. Thread-safe.
final class NodeService {
  private static final Logger LOG = LoggerFactory.getLogger(NodeService.class);

  private final CsiSettings settings;
  private final VolumeBook book;
  private final FuseMounts mounts;
  private final KeyedLocks locks;

  NodeService(CsiSettings settings, VolumeBook book, FuseMounts mounts, KeyedLocks locks) {
    this.settings = settings;
    this.book = book;
    this.mounts = mounts;
    this.locks = locks;
  }

  byte[] stage(byte[] message, Deadline deadline) throws IOException {
    VolumeRequest request = VolumeRequest.stage(message);
    require(request.volumeId(), "volume_id");
    absolute(request.stagingPath(), "staging_target_path");
    checkCapability(request);
    VolumeAttributes attributes = VolumeAttributes.of(request.context(), settings);
    try (var _ = locks.take(request.volumeId(), deadline)) {
      VolumeRecord volume = known(request, attributes);
      book.put(volume.withStaged(request.stagingPath()));
      ensure(volume.fuse(), deadline);
    }
    return Answers.empty();
  }

  byte[] publish(byte[] message, Deadline deadline) throws IOException {
    VolumeRequest request = VolumeRequest.publish(message);
    require(request.volumeId(), "volume_id");
    absolute(request.targetPath(), "target_path");
    Capability capability = checkCapability(request);
    if (request.stagingPath().isEmpty()) {
      throw new RpcException(
          RpcCode.FAILED_PRECONDITION,
          "staging_target_path is missing: stage the volume with NodeStageVolume first");
    }
    VolumeAttributes attributes = VolumeAttributes.of(request.context(), settings);
    Target target =
        new Target(
            request.targetPath(),
            attributes.subPath(),
            request.readOnly() || capability.readerOnly(),
            attributes.method());
    try (var _ = locks.take(request.volumeId(), deadline)) {
      VolumeRecord volume = known(request, attributes);
      Optional<Target> before = volume.target(target.path());
      if (before.isPresent() && !before.get().equals(target)) {
        throw new RpcException(
            RpcCode.ALREADY_EXISTS,
            target.path() + " shows this volume otherwise: unpublish it there first");
      }
      ensure(volume.fuse(), deadline);
      VolumeRecord published = volume.withTarget(target);
      book.put(published);
      try {
        Targets.show(published, target);
      } catch (IOException e) {
        if (before.isEmpty()) {
          Targets.remove(target.path());
          putOrForget(volume);
        }
        throw e;
      }
    }
    return Answers.empty();
  }

  byte[] unpublish(byte[] message, Deadline deadline) throws IOException {
    VolumeRequest request = VolumeRequest.unpublish(message);
    require(request.volumeId(), "volume_id");
    absolute(request.targetPath(), "target_path");
    try (var _ = locks.take(request.volumeId(), deadline)) {
      Optional<VolumeRecord> volume = book.find(request.volumeId());
      Targets.remove(request.targetPath());
      if (volume.isPresent()) {
        leave(volume.get().withoutTarget(request.targetPath()), deadline);
      }
    }
    return Answers.empty();
  }

  byte[] unstage(byte[] message, Deadline deadline) throws IOException {
    VolumeRequest request = VolumeRequest.unstage(message);
    require(request.volumeId(), "volume_id");
    absolute(request.stagingPath(), "staging_target_path");
    try (var _ = locks.take(request.volumeId(), deadline)) {
      Optional<VolumeRecord> volume = book.find(request.volumeId());
      if (volume.isPresent()) {
        leave(volume.get().withoutStaged(request.stagingPath()), deadline);
      }
    }
    return Answers.empty();
  }

  byte[] stats(byte[] message, Deadline deadline) throws IOException {
    VolumeRequest request = VolumeRequest.stats(message);
    require(request.volumeId(), "volume_id");
    require(request.targetPath(), "volume_path");
    VolumeRecord volume =
        book.find(request.volumeId())
            .filter(
                known ->
                    known.target(request.targetPath()).isPresent()
                        || known.staged().contains(request.targetPath()))
            .orElseThrow(
                () ->
                    new RpcException(
                        RpcCode.NOT_FOUND,
                        "volume "
                            + request.volumeId()
                            + " is not at "
                            + request.targetPath()
                            + " on this node"));
    Optional<Target> target = volume.target(request.targetPath());
    boolean bound = target.isPresent() && target.get().method() == Method.BIND;
    Path asked =
        bound
            ? Mounts.tablePath(Path.of(request.targetPath()))
            : Mounts.tablePath(volume.fuse().mountPoint());
    String remedy = "; it comes back by itself; the plugin's log says more";
    return switch (Mounts.health(asked)) {
      case Health.Answers(Figures figures) ->
          Answers.stats(
              new Usage(
                  figures.availableBytes(),
                  figures.totalBytes(),
                  figures.totalBytes() - figures.freeBytes()),
              new Usage(
                  figures.freeInodes(), figures.inodes(), figures.inodes() - figures.freeInodes()));
      case Health.Missing() -> Answers.abnormal("the mount is gone" + remedy);
      case Health.Dead(String why) ->
          Answers.abnormal("the mount's server is gone: " + why + remedy);
      case Health.Silent(String why) -> Answers.abnormal("the mount does not answer: " + why);
    };
  }

  /// The record of the volume, or a new one.
  private VolumeRecord known(VolumeRequest request, VolumeAttributes attributes)
      throws RpcException {
    VolumeRecord volume =
        book.find(request.volumeId())
            .orElseGet(() -> VolumeRecord.of(request.volumeId(), attributes));
    if (!volume.fuse().equals(attributes.fuse()) && !volume.unused()) {
      throw new RpcException(
          RpcCode.ALREADY_EXISTS,
          "volume "
              + request.volumeId()
              + " shows "
              + volume.fuse()
              + " on this node: unpublish it, and give the other PersistentVolume another"
              + " volumeHandle");
    }
    return volume.unused() ? VolumeRecord.of(request.volumeId(), attributes) : volume;
  }

  private void ensure(FuseVolume fuse, Deadline deadline) throws IOException {
    mounts.ensure(fuse, deadline);
    Targets.checkServer(fuse);
  }

  private void putOrForget(VolumeRecord volume) throws IOException {
    if (volume.unused()) {
      book.forget(volume.volumeId());
    } else {
      book.put(volume);
    }
  }

  /// Remembers who is left, and ends the mount when nobody is and the policy says so. The last
  /// volume stays remembered while its mount is kept.
  private void leave(VolumeRecord volume, Deadline deadline) throws IOException {
    book.put(volume);
    if (book.inUse(volume.fuse())) {
      putOrForget(volume);
      return;
    }
    if (volume.isOver(mounts)) {
      LOG.info("{} is not used any more", volume.fuse());
      mounts.release(volume.fuse(), deadline);
      book.forget(volume.volumeId());
    }
  }

  private static void require(String value, String field) throws RpcException {
    if (value.isEmpty()) {
      throw RpcException.invalid(field + " is missing");
    }
  }

  private static void absolute(String path, String field) throws RpcException {
    require(path, field);
    if (!path.startsWith("/") || path.indexOf('\0') >= 0) {
      throw RpcException.invalid(field + " '" + path + "' is not an absolute path");
    }
  }

  private static Capability checkCapability(VolumeRequest request) throws RpcException {
    Capability capability =
        request
            .capability()
            .orElseThrow(() -> RpcException.invalid("volume_capability is missing"));
    if (capability.block()) {
      throw RpcException.invalid(
          "a dataset is a directory, not a device: set volumeMode Filesystem in the claim");
    }
    return capability;
  }
}
