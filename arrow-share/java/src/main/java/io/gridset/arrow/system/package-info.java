/// The kernel, as far as objects need it: Unix sockets that bring descriptors along, mappings, and
/// memory outside the heap. The only package of this module that may import `java.lang.foreign`,
/// and only what is the same in Java 21 (where it is a preview that needs no flag at run time) and
/// later.
///
/// Entry types: [io.gridset.arrow.system.LocalSocket], [io.gridset.arrow.system.Region]. Linux on
/// 64-bit machines. Addresses handed out are not guarded: who uses one after closing its region
/// crashes the process, so callers count references.
@NullMarked
package io.gridset.arrow.system;

import org.jspecify.annotations.NullMarked;
