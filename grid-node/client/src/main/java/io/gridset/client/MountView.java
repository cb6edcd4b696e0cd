package io.gridset.client;

import io.gridset.core.dataset.DatasetName;

/// A mount of the answering node.
///
/// @param transport what it really uses, such as `kernel` or `libfuse`
/// @param passthrough whether the kernel reads sealed files itself: `active`, or why it does not
/// @param state `mounted`, or why it is not (a remembered mount that could not be brought back)
public record MountView(
    DatasetName dataset, String mountPoint, String transport, String passthrough, String state) {}
