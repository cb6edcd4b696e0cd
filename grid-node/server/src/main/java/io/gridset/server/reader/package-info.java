/// Nodes that read from a grid and are no member of it: what members tell them of the grid and its
/// datasets, and running those datasets with no store behind them. Knows the port to members, the
/// host of datasets and its ports; nothing of Hazelcast or manifests.
///
/// Entry types: [io.gridset.server.reader.GridFacts] for members, and
/// [io.gridset.server.reader.ReaderView] for readers. Why definitions travel and not manifests: a
/// reader needs no secret, and must not be able to ask for one.
@NullMarked
package io.gridset.server.reader;

import org.jspecify.annotations.NullMarked;
