/// Where Arrow looks for who allocates (`CheckAllocator` scans the class path for this package's
/// factory): with it an application needs neither `arrow-memory-netty` nor `arrow-memory-unsafe`,
/// which does not exist for this version. Nothing else belongs here. If one of the two is on the
/// class path all the same, either may serve.
@NullMarked
package org.apache.arrow.memory.unsafe;

import org.jspecify.annotations.NullMarked;
