package io.gridset.server.object;

/// What the objects of a node take up.
///
/// @param objects held here
/// @param memoryBytes in use, with those of deleted objects that somebody maps
/// @param quotaBytes most of them
/// @param pooledBytes of those in memory: kept for the next puts, or of deleted objects and still
///   mapped
/// @param diskBytes on the disk
public record ObjectStoreUsage(
    int objects, long memoryBytes, long quotaBytes, long pooledBytes, long diskBytes) {}
