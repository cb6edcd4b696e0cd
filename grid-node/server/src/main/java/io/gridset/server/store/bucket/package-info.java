/// What object stores with buckets have in common: keys and prefixes seen as files and directories,
/// signatures kept for the blocks of an object, and the meaning of their error codes.
///
/// Entry type: [io.gridset.server.store.bucket.BucketUnderStore], over a
/// [io.gridset.server.store.bucket.BucketClient] per vendor. Why not one client for all: each
/// vendor's SDK knows its signatures and credential sources best.
@NullMarked
package io.gridset.server.store.bucket;

import org.jspecify.annotations.NullMarked;
