package io.gridset.client;

/// What an eviction gave back.
public record EvictedBytes(long freedBytes) {}
