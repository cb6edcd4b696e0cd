package io.gridset.operator.webhook.certificate;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;

/// A certificate and its key.
record Identity(X509Certificate certificate, PrivateKey key) {
  Instant notBefore() {
    return certificate.getNotBefore().toInstant();
  }

  /// Whether two thirds of its life are over: then a new one is due, and a third is left for
  /// whoever has to notice that it does not come.
  boolean isDue(Instant now) {
    Duration life = Duration.between(notBefore(), certificate.getNotAfter().toInstant());
    return now.isAfter(notBefore().plus(life.multipliedBy(2).dividedBy(3)));
  }
}
