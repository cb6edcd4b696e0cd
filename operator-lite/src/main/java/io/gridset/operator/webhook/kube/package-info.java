/// The webhook in a cluster: what it knows comes from watches that are kept in memory, its keys
/// from one Secret that all replicas share.
///
/// Entry type: [io.gridset.operator.webhook.kube.ClusterWebhook]. The only package of the webhook
/// that talks to the API server.
@NullMarked
package io.gridset.operator.webhook.kube;

import org.jspecify.annotations.NullMarked;
