/// Trying again: bounded attempts with back-off, resumed where the sink stands. Knows the port of
/// under stores and nothing of protocols.
///
/// Entry type: [io.gridset.server.store.retry.RetryingUnderStore]. Why not the SDKs' own retries:
/// they multiply with ours, and none of them resumes a body at the byte that was seen last.
@NullMarked
package io.gridset.server.store.retry;

import org.jspecify.annotations.NullMarked;
