/// Generators of the data that demo, tests and benchmarks read: a model file and many small files.
///
/// Knows only files. Entry types: [SafetensorsFile] and [SmallFiles]. Why not `/dev/urandom` or
/// zeros: content must be the same on every machine for checksums, and must not compress.
@NullMarked
package io.gridset.localstore.data;

import org.jspecify.annotations.NullMarked;
