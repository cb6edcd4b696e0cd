package io.gridset.csi;

import io.gridset.core.dataset.DatasetName;
import io.gridset.csi.VolumeAttributes.Method;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What this node knows of a volume: where it is staged and published.
///
/// @param mountPoint of the dataset's FUSE mount
/// @param staged staging paths
/// @param targets where pods see it
record VolumeRecord(
    String volumeId,
    DatasetName dataset,
    String mountPoint,
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
        attributes.policy(),
        Set.of(),
        List.of());
  }

  FuseVolume fuse() {
    return new FuseVolume(dataset, Path.of(mountPoint));
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

  VolumeRecord withStaged(String path) {
    Set<String> more = new HashSet<>(staged);
    more.add(path);
    return new VolumeRecord(volumeId, dataset, mountPoint, policy, more, targets);
  }

  VolumeRecord withoutStaged(String path) {
    Set<String> less = new HashSet<>(staged);
    less.remove(path);
    return new VolumeRecord(volumeId, dataset, mountPoint, policy, less, targets);
  }

  VolumeRecord withTarget(Target target) {
    List<Target> more = new ArrayList<>(withoutTarget(target.path()).targets);
    more.add(target);
    return new VolumeRecord(volumeId, dataset, mountPoint, policy, staged, more);
  }

  VolumeRecord withoutTarget(String path) {
    List<Target> less = targets.stream().filter(target -> !target.path().equals(path)).toList();
    return new VolumeRecord(volumeId, dataset, mountPoint, policy, staged, less);
  }
}
