package io.gridset.fuse;

/// Who may read a mount.
public enum AccessChoice {
  /// Every user of this machine.
  ALL_USERS,
  /// Only the user who mounts (and not even root).
  OWNER_ONLY
}
