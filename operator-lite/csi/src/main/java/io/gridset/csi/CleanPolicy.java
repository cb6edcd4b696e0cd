package io.gridset.csi;

/// When the FUSE mount of a dataset ends that no pod of this node uses any more: the words of
/// `spec.fuse.cleanPolicy`.
public enum CleanPolicy {
  /// When the dataset is deleted; until then the next pod finds it warm.
  ON_RUNTIME_DELETED("OnRuntimeDeleted"),

  /// With its last volume.
  ON_DEMAND("OnDemand"),

  /// When it would be served otherwise now: another version of the program, other options.
  ON_FUSE_CHANGED("OnFuseChanged");

  private final String word;

  CleanPolicy(String word) {
    this.word = word;
  }

  /// @throws IllegalArgumentException naming the words that there are
  public static CleanPolicy parse(String word) {
    for (CleanPolicy policy : values()) {
      if (policy.word.equals(word)) {
        return policy;
      }
    }
    throw new IllegalArgumentException(
        "'"
            + word
            + "' is no clean policy; there are OnRuntimeDeleted, OnDemand and OnFuseChanged");
  }

  @Override
  public String toString() {
    return word;
  }
}
