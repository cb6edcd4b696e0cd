package io.gridset.fuse;

/// What a mount has done since it was mounted.
///
/// @param requests requests of the kernel
/// @param readRequests those that asked for bytes; passthrough reads are the kernel's and unseen
/// @param readBytes bytes answered by copying
/// @param opens files opened
/// @param passthroughOpens those that the kernel reads by itself
/// @param openFiles files open now
/// @param errors requests answered with an error number, ordinary ones (ENOENT) included
/// @param unexpectedErrors those of them that only a defect explains
public record MountStatistics(
    long requests,
    long readRequests,
    long readBytes,
    long opens,
    long passthroughOpens,
    long openFiles,
    long errors,
    long unexpectedErrors) {}
