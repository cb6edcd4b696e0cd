/// The messages of `csi.proto` (container-storage-interface 1.13) that a node plugin reads and
/// writes, as bytes of protobuf. Secrets in requests are skipped, not read: this plugin needs none.
@NullMarked
package io.gridset.csi.wire;

import org.jspecify.annotations.NullMarked;
