package io.gridset.client;

/// A file or directory (`entry`) with the totals of all files at and below it.
public record FileTotals(FileView entry, long files, long totalBytes, long cachedBytes) {}
