package io.gridset.client.peer;

import io.gridset.core.block.FileVersion;
import io.gridset.core.store.ObjectIdentity;

/// One version of one object, in words from which any member can load it itself. The file version
/// is derived, never believed: nobody can have bytes kept under another object's name.
///
/// @param datasetUid of the dataset that owns the bytes
/// @param mount the mount's name in that dataset
/// @param storePath the object's path in the mount's store
public record ObjectLocator(
    String datasetUid, String mount, String storePath, ObjectIdentity identity) {
  public FileVersion version() {
    return FileVersion.of(datasetUid, mount, storePath, identity.validator());
  }
}
