package io.gridset.client.wire;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.io.IOException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.time.Duration;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// What the network says, as storage failures.
final class Failures {
  private Failures() {}

  static StorageException late(String peer, Duration patience, IOException cause) {
    return StorageException.retryable(
        Kind.UNAVAILABLE,
        "no connection to " + peer + " within " + patience.toMillis() + " ms",
        cause);
  }

  static StorageException connecting(String peer, IOException cause) {
    if (cause instanceof StorageException known) {
      return known;
    }
    if (Thread.currentThread().isInterrupted()) {
      return interrupted(peer, cause);
    }
    if (isAboutCertificates(cause)) {
      return untrusted(peer, cause);
    }
    return StorageException.retryable(
        Kind.UNAVAILABLE, "cannot connect to " + peer + " (" + cause.getMessage() + ")", cause);
  }

  static StorageException speaking(String peer, IOException cause) {
    if (cause instanceof StorageException known) {
      return known;
    }
    if (Thread.currentThread().isInterrupted()) {
      return interrupted(peer, cause);
    }
    // In TLS 1.3 a client learns only after its handshake that its certificate was refused.
    if (isAboutCertificates(cause)) {
      return untrusted(peer, cause);
    }
    return StorageException.retryable(
        Kind.UNAVAILABLE,
        "the connection to " + peer + " broke (" + cause.getMessage() + ")",
        cause);
  }

  private static StorageException interrupted(String peer, IOException cause) {
    return StorageException.of(Kind.CANCELLED, "interrupted while speaking with " + peer, cause);
  }

  private static StorageException untrusted(String peer, IOException cause) {
    return StorageException.of(
        Kind.ACCESS_DENIED,
        "TLS with "
            + peer
            + " failed: the certificate of one side is not of the other's authority ("
            + cause.getMessage()
            + ")",
        cause);
  }

  private static boolean isAboutCertificates(Throwable failure) {
    if (!(failure instanceof SSLException)) {
      return false;
    }
    for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateException
          || cause instanceof CertPathBuilderException
          || String.valueOf(cause.getMessage()).contains("certificate")
          || String.valueOf(cause.getMessage()).contains("unknown_ca")) {
        return true;
      }
    }
    return false;
  }
}
