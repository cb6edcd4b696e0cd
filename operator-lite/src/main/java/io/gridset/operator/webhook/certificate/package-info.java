/// The keys of the webhook's server: an authority of its own, the certificate that it signs, and
/// when either is to be replaced.
///
/// Entry type: [io.gridset.operator.webhook.certificate.Keyring]. Bouncy Castle is imported here
/// only, since the JDK has no public way to make a certificate. Why not cert-manager: a cluster may
/// have none, and one more thing to install is one more to break.
@NullMarked
package io.gridset.operator.webhook.certificate;

import org.jspecify.annotations.NullMarked;
