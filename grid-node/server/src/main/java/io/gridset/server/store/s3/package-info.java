/// S3 and what speaks its protocol, through Amazon's SDK.
///
/// Entry type: [io.gridset.server.store.s3.S3Stores]. The SDK signs and parses; its requests travel
/// over our transport. Why not one of its HTTP clients: a third pool with other deadlines, and none
/// needed for lists and heads.
@NullMarked
package io.gridset.server.store.s3;

import org.jspecify.annotations.NullMarked;
