/// A node's process: its settings, its directories, and the one place where its parts are wired.
///
/// Entry type: [io.gridset.node.GridsetNode]. Knows every other room, and no room knows it. Why no
/// container does the wiring: one method that can be read from top to bottom shows what starts, in
/// which order, and what ends it.
@NullMarked
package io.gridset.node;

import org.jspecify.annotations.NullMarked;
