/// The datasets that run on this node: opening their stores and caches, wiring tree, reading and
/// loading together, and showing one dataset under another name. The composition root below the
/// server's own.
///
/// Entry type: [io.gridset.server.host.LocalDatasetHost]. Why stores and caches come from
/// factories: schemes and tiers are chosen by the process, and tests need neither.
@NullMarked
package io.gridset.server.host;

import org.jspecify.annotations.NullMarked;
