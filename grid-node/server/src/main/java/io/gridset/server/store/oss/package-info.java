/// Alibaba Cloud's OSS, through its SDK.
///
/// Entry type: [io.gridset.server.store.oss.OssStores]. The SDK signs (V1 and V4) and parses; its
/// requests travel over our transport, so they share its deadlines, trust and connections.
@NullMarked
package io.gridset.server.store.oss;

import org.jspecify.annotations.NullMarked;
