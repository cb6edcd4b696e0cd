package io.gridset.core.dataset;

import java.util.OptionalLong;

/// The figures of a running dataset.
///
/// @param totalBytes bytes at the origin, empty while the tree is still being listed
/// @param files files at the origin, empty likewise
/// @param cachedBytes bytes of current versions held here
/// @param capacityBytes quota of its tiers
/// @param originBytes bytes that were read from the origin since start
/// @param servedBytes bytes handed to readers by copying (passthrough reads are the kernel's)
public record DatasetUsage(
    OptionalLong totalBytes,
    OptionalLong files,
    long cachedBytes,
    long capacityBytes,
    long originBytes,
    long servedBytes) {}
