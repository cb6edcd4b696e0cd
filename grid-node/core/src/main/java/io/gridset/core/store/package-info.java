/// The port to where bytes come from: object stores, web servers, directories.
///
/// Entry type: [io.gridset.core.store.UnderStore]. Why one failure type for all stores: callers
/// decide by kind (retry, give up, ESTALE), never by vendor.
@NullMarked
package io.gridset.core.store;

import org.jspecify.annotations.NullMarked;
