package io.gridset.localstore.objects;

/// What a list asks for.
///
/// @param after only keys and common prefixes behind this one; empty = from the start
/// @param limit on keys and common prefixes together
public record ListQuery(String prefix, String delimiter, String after, int limit) {}
