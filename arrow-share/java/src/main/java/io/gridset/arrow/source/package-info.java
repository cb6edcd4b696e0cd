/// Where the batches of a put come from: Arrow's readers, iterators, and files. Knows nothing of
/// nodes. Entry type: [io.gridset.arrow.source.BatchSource].
@NullMarked
package io.gridset.arrow.source;

import org.jspecify.annotations.NullMarked;
