package io.gridset.core.cache;

import java.nio.file.Path;

/// A complete cache file that the kernel may read itself.
///
/// @param path the file on this node's memory or disk tier; open it at once, for a later eviction
///   unlinks it (whoever has it open keeps it)
/// @param incarnation differs whenever a file version gets a new cache file
public record SealedFile(Path path, long incarnation) {}
