/// The `gridset` command line: one class per command, kubectl's tables, exit codes for scripts.
///
/// Entry type: [io.gridset.cli.GridsetMain]. Knows the REST client; only `up` knows the node. Why
/// commands never touch the server's classes: each start loads what it mentions, and a command must
/// answer in a blink.
@NullMarked
package io.gridset.cli;

import org.jspecify.annotations.NullMarked;
