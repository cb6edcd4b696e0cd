/// Under stores: where datasets' bytes come from, behind `io.gridset.core.store.UnderStore`.
///
/// Entry type: [io.gridset.server.store.UnderStores], which opens the store of a mount by its
/// scheme. It knows manifests' options and the network; nothing of caches, blocks in memory or
/// Hazelcast. Why one package per protocol below: each has its own SDK, and none needs another.
@NullMarked
package io.gridset.server.store;

import org.jspecify.annotations.NullMarked;
