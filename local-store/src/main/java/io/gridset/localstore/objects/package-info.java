/// Objects kept as files: buckets are directories of the root, keys are paths below them.
///
/// Knows no HTTP and no signatures. Entry type: [Buckets]. Why not a database of objects: tests and
/// benchmarks put files there by ordinary means, and a file on tmpfs is what `sendfile` wants.
@NullMarked
package io.gridset.localstore.objects;

import org.jspecify.annotations.NullMarked;
