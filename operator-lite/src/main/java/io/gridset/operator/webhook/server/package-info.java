/// The webhook's HTTPS server: Jetty, one path for reviews and one for the kubelet's probes, with a
/// key that may change while it serves.
///
/// Entry type: [io.gridset.operator.webhook.server.WebhookServer]. Knows nothing of Kubernetes but
/// bytes in, bytes out.
@NullMarked
package io.gridset.operator.webhook.server;

import org.jspecify.annotations.NullMarked;
