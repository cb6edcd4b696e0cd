/// A local object store that speaks OSS, S3 and plain web-mirror HTTP, with limits and faults at
/// will.
///
/// Used by `gridset demo`, the tests and the benchmarks; needs nothing but the JDK. Entry types:
/// [LocalStore] in a process, [LocalStoreMain] as one. Why not an existing emulator: none checks
/// OSS' signatures, and none can be told to lie about lengths.
@NullMarked
package io.gridset.localstore;

import org.jspecify.annotations.NullMarked;
