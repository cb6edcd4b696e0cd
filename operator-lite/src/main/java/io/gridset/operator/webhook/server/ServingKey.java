package io.gridset.operator.webhook.server;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/// The key that a server proves itself with; the next handshake uses the one that was set last.
/// Thread-safe.
public final class ServingKey {
  private volatile Pair pair;

  private record Pair(String alias, PrivateKey key, X509Certificate certificate) {}

  public ServingKey(PrivateKey key, X509Certificate certificate) {
    this.pair = pair(key, certificate);
  }

  /// Connections that stand keep the key that they began with.
  public void set(PrivateKey key, X509Certificate certificate) {
    pair = pair(key, certificate);
  }

  /// The certificate that is shown now.
  public X509Certificate certificate() {
    return pair.certificate;
  }

  private static Pair pair(PrivateKey key, X509Certificate certificate) {
    return new Pair(certificate.getSerialNumber().toString(), key, certificate);
  }

  X509ExtendedKeyManager manager() {
    return new Manager();
  }

  /// A handshake asks by the alias that it was given, which may be that of a key ago: then it
  /// fails, and the client comes again.
  private final class Manager extends X509ExtendedKeyManager {
    @Override
    public String chooseEngineServerAlias(
        String type, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
      return pair.alias;
    }

    @Override
    public String chooseServerAlias(
        String type, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return pair.alias;
    }

    @Override
    public String[] getServerAliases(String type, Principal @Nullable [] issuers) {
      return new String[] {pair.alias};
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(@Nullable String alias) {
      Pair now = pair;
      return now.alias.equals(alias) ? new X509Certificate[] {now.certificate} : null;
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(@Nullable String alias) {
      Pair now = pair;
      return now.alias.equals(alias) ? now.key : null;
    }

    @Override
    public String @Nullable [] getClientAliases(String type, Principal @Nullable [] issuers) {
      return null;
    }

    @Override
    public @Nullable String chooseClientAlias(
        String[] types, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return null;
    }
  }
}
