package io.gridset.server.tree;

import io.gridset.core.block.FileVersion;
import io.gridset.core.file.FileEntry;
import io.gridset.core.store.ObjectIdentity;

/// A file of the tree and all that is needed to read it.
///
/// @param storePath its path in the store of `mount`
/// @param version of `entry`, never null
public record TreeFile(
    FileEntry entry,
    FileVersion version,
    MountedStore mount,
    String storePath,
    ObjectIdentity identity) {}
