package io.gridset.csi;

import io.gridset.core.dataset.DatasetName;
import io.gridset.csi.VolumeAttributes.Method;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What this node knows of a volume: where it is staged and published.
///
/// @param mountPoint of the dataset's FUSE mount
/// @param nodeLabel that starts its FUSE pod; empty when the volume names none
/// @param policy unless the runtime's manifest says another
/// @param staged staging paths
/// @param targets where pods see it
record VolumeRecord(
    String volumeId,
    DatasetName dataset,
    String mountPoint,
    String nodeLabel,
    CleanPolicy policy,
    Set<String> staged,
    List<Target> targets) {

  /// Where a pod sees a volume.
  record Target(String path, String subPath, boolean readOnly, Method method) {}

  VolumeRecord {
    staged = Set.copyOf(staged);
    targets = List.copyOf(targets);
  }

  static VolumeRecord of(String volumeId, VolumeAttributes attributes) {
    return new VolumeRecord(
        volumeId,
        attributes.fuse().dataset(),
        attributes.fuse().mountPoint().toString(),
        attributes.fuse().nodeLabel(),
        attributes.policy(),
        Set.of(),
        List.of());
  }

  FuseVolume fuse() {
    return new FuseVolume(dataset, Path.of(mountPoint), nodeLabel);
  }

  Path source(Target target) {
    return Path.of(mountPoint).resolve(target.subPath());
  }

  Optional<Target> target(String path) {
    return targets.stream().filter(target -> target.path().equals(path)).findFirst();
  }

  boolean unused() {
    return staged.isEmpty() && targets.isEmpty();
  }

  /// Whether its mount is to end, now that no volume uses it.
  boolean isOver(FuseMounts mounts) throws IOException {
    return switch (mounts.cleanPolicy(fuse()).orElse(policy)) {
      case ON_DEMAND -> true;
      case ON_FUSE_CHANGED -> mounts.changed(fuse());
      case ON_RUNTIME_DELETED -> mounts.idle(fuse()) == FuseMounts.Idle.ORPHANED;
    };
  }

  VolumeRecord withStaged(String path) {
    Set<String> more = new HashSet<>(staged);
    more.add(path);
    return new VolumeRecord(volumeId, dataset, mountPoint, nodeLabel, policy, more, targets);
  }

  VolumeRecord withoutStaged(String path) {
    Set<String> less = new HashSet<>(staged);
    less.remove(path);
    return new VolumeRecord(volumeId, dataset, mountPoint, nodeLabel, policy, less, targets);
  }

  VolumeRecord withTarget(Target target) {
    List<Target> more = new ArrayList<>(withoutTarget(target.path()).targets);
    more.add(target);
    return new VolumeRecord(volumeId, dataset, mountPoint, nodeLabel, policy, staged, more);
  }

  VolumeRecord withoutTarget(String path) {
    List<Target> less = targets.stream().filter(target -> !target.path().equals(path)).toList();
    return new VolumeRecord(volumeId, dataset, mountPoint, nodeLabel, policy, staged, less);
  }
}
