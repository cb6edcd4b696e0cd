/// Frames on a connection between members: what kinds there are, how long each may be, how they are
/// read and written with a deadline on every wait, plain or under TLS. Knows core; nothing of what
/// is asked.
///
/// Entry type: [io.gridset.client.wire.Wire]. Why blocking channels and a watch that closes late
/// ones: virtual threads make a blocking call cheap, and the kernel's copy goes straight into a
/// direct buffer, which neither a selector per connection nor stream timeouts give.
@NullMarked
package io.gridset.client.wire;

import org.jspecify.annotations.NullMarked;
