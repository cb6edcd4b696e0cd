package io.gridset.server.peer;

/// What a data server has done since it started, and does now.
///
/// @param connections open now
/// @param requests questions of any kind
/// @param blocksSent blocks that were taken to their last byte
/// @param bytesSent of blocks, also of those broken off
/// @param refused questions and greetings that were answered with a failure
/// @param redirected requests for a block that were sent to another member
/// @param waiting requests that wait for a block now
/// @param cutOff receivers that took too little for too long
public record DataServerStatistics(
    int connections,
    long requests,
    long blocksSent,
    long bytesSent,
    long refused,
    long redirected,
    int waiting,
    long cutOff) {}
