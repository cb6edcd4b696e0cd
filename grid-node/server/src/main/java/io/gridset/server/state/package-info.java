/// The node's memory of what was asked of it: versioned records in an append-only journal, and the
/// port through which members exchange them.
///
/// Entry type: [io.gridset.server.state.RecordStore]. Knows neither manifests nor Hazelcast. Why a
/// journal on every member: a Hazelcast version change empties the maps, and a MapStore would need
/// a central store.
@NullMarked
package io.gridset.server.state;

import org.jspecify.annotations.NullMarked;
