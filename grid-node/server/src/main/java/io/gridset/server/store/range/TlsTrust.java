package io.gridset.server.store.range;

import io.gridset.client.trust.Pem;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/// Whom TLS trusts: the Java runtime's authorities, and those of one more PEM file. Read at first
/// use, since plain HTTP needs none of it. Thread-safe.
public final class TlsTrust {
  private final @Nullable Path extraCaFile;
  private @Nullable SSLContext context;

  public TlsTrust(@Nullable Path extraCaFile) {
    this.extraCaFile = extraCaFile;
  }

  /// @throws StorageException INVALID when the file holds no certificates
  synchronized SSLContext context() throws StorageException {
    if (context == null) {
      context = create();
    }
    return context;
  }

  /// Fails at once rather than at the first connection when the file cannot be used.
  public void checkFile() throws StorageException {
    if (extraCaFile != null) {
      context();
    }
  }

  private SSLContext create() throws StorageException {
    try {
      SSLContext created = SSLContext.getInstance("TLS");
      TrustManager[] trust = extraCaFile == null ? null : managers(extraCaFile);
      created.init(null, trust, null);
      return created;
    } catch (IOException | GeneralSecurityException e) {
      throw StorageException.of(
          Kind.INVALID,
          "setting caFile: " + extraCaFile + " is not a readable file of certificates",
          e);
    }
  }

  private static TrustManager[] managers(Path file) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    int count = 0;
    for (X509Certificate known : runtimeAuthorities()) {
      store.setCertificateEntry("known-" + count++, known);
    }
    for (Certificate extra : Pem.certificates(file)) {
      store.setCertificateEntry("extra-" + count++, extra);
    }
    return factory(store).getTrustManagers();
  }

  private static X509Certificate[] runtimeAuthorities() throws GeneralSecurityException {
    for (TrustManager manager : factory(null).getTrustManagers()) {
      if (manager instanceof X509TrustManager x509) {
        return x509.getAcceptedIssuers();
      }
    }
    return new X509Certificate[0];
  }

  private static TrustManagerFactory factory(@Nullable KeyStore store)
      throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory;
  }
}
