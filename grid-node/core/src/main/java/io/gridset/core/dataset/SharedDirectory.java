package io.gridset.core.dataset;

/// A directory of a dataset that another dataset shows, by `dataset://`.
///
/// @param shownBy the dataset that refers to it
/// @param path without slashes at its ends; empty for all of it
public record SharedDirectory(DatasetName shownBy, String path) {}
