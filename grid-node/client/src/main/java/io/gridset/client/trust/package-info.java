/// Who may speak with whom on the data port: the cluster's secret, tokens derived from it for
/// readers of some datasets, proofs of knowing one, and mutual TLS from PEM files. Knows core;
/// nothing of connections.
///
/// Entry type: [io.gridset.client.trust.ClusterToken]. Why proofs and no bearer tokens: whoever
/// listens on a plain connection, or answers at a member's old address, learns nothing that would
/// let it ask.
@NullMarked
package io.gridset.client.trust;

import org.jspecify.annotations.NullMarked;
