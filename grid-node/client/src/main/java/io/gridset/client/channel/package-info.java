/// Socket channels whose blocking calls end in time. Knows core; nothing of what is sent.
///
/// Entry type: [io.gridset.client.channel.DeadlineWatch]. Why a watch that closes channels and no
/// selector: virtual threads make a blocking call cheap, and closing is the only thing that ends
/// one.
@NullMarked
package io.gridset.client.channel;

import org.jspecify.annotations.NullMarked;
