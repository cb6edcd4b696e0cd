package io.gridset.client.trust;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/// Mutual TLS 1.3 from PEM files. Each side must show a certificate of the authority; host names
/// are not checked, since members are addressed by IP and whoever has such a certificate is one of
/// them. So the authority must sign nothing but members and readers, and its certificates must be
/// good for server and client alike. Files that are renewed count for connections from then on;
/// while they do not fit together, those read before do. Thread-safe.
public final class PeerTls {
  private static final String TLS_1_3 = "TLSv1.3";

  /// Renewed files are noticed this much later at most.
  private static final Duration LOOK = Duration.ofSeconds(10);

  private final PemFiles files;
  private final Ticker ticker;
  private SSLContext context;
  private List<Object> stamp;
  private long lookedAtNanos;

  private record PemFiles(Path certificate, Path key, Path authority) {
    /// Another one when a file has changed.
    List<Object> stamp() {
      List<Object> stamp = new ArrayList<>();
      for (Path file : List.of(certificate, key, authority)) {
        try {
          stamp.add(Files.getLastModifiedTime(file));
          stamp.add(Files.size(file));
        } catch (IOException e) {
          stamp.add(String.valueOf(e.getMessage()));
        }
      }
      return stamp;
    }
  }

  private PeerTls(PemFiles files, Ticker ticker) throws StorageException {
    this.files = files;
    this.ticker = ticker;
    stamp = files.stamp();
    context = load(files);
    lookedAtNanos = ticker.nanos();
  }

  /// @param certificate this node's chain, its own certificate first
  /// @param key of the first certificate, as PKCS#8 without a password
  /// @param authority whom both sides trust
  /// @throws StorageException INVALID naming the file that cannot be used
  public static PeerTls read(Path certificate, Path key, Path authority) throws StorageException {
    return read(certificate, key, authority, Ticker.system());
  }

  /// @param ticker by which the files are looked at again
  public static PeerTls read(Path certificate, Path key, Path authority, Ticker ticker)
      throws StorageException {
    return new PeerTls(new PemFiles(certificate, key, authority), ticker);
  }

  private static SSLContext load(PemFiles files) throws StorageException {
    Certificate[] chain = certificates("tls-cert", files.certificate).toArray(Certificate[]::new);
    PrivateKey privateKey = privateKey(files.key);
    List<Certificate> trusted = certificates("tls-ca", files.authority);
    try {
      SSLContext context = SSLContext.getInstance(TLS_1_3);
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      char[] noPassword = new char[0];
      KeyStore own = emptyStore();
      own.setKeyEntry("own", privateKey, noPassword, chain);
      keys.init(own, noPassword);
      KeyStore known = emptyStore();
      for (Certificate each : trusted) {
        known.setCertificateEntry("ca-" + known.size(), each);
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(known);
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw unusable("tls-cert", files.certificate, "does not go with tls-key " + files.key, e);
    }
  }

  private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static List<Certificate> certificates(String setting, Path file) throws StorageException {
    try {
      return Pem.certificates(file);
    } catch (IOException | GeneralSecurityException e) {
      throw unusable(setting, file, "is not a readable PEM file of certificates", e);
    }
  }

  private static PrivateKey privateKey(Path file) throws StorageException {
    try {
      return Pem.privateKey(file);
    } catch (IOException | GeneralSecurityException e) {
      throw unusable(
          "tls-key",
          file,
          "is not a readable PKCS#8 key without a password (openssl pkcs8 -topk8 -nodes makes one)",
          e);
    }
  }

  private static StorageException unusable(String setting, Path file, String why, Exception e) {
    return StorageException.of(Kind.INVALID, "setting " + setting + ": " + file + " " + why, e);
  }

  /// This node's certificate, for a server of another protocol.
  public synchronized SSLContext context() {
    long now = ticker.nanos();
    if (now - lookedAtNanos >= LOOK.toNanos()) {
      lookedAtNanos = now;
      List<Object> found = files.stamp();
      if (!found.equals(stamp)) {
        try {
          context = load(files);
          stamp = found;
        } catch (StorageException _) {
          return context; // They are being written; at the next look they fit together.
        }
      }
    }
    return context;
  }

  /// Shakes hands as the one who connected; blocks. The channel stays the caller's to close.
  public SSLSocket connect(SocketChannel channel) throws IOException {
    InetSocketAddress remote = (InetSocketAddress) channel.getRemoteAddress();
    SSLSocket socket =
        (SSLSocket)
            context()
                .getSocketFactory()
                .createSocket(channel.socket(), remote.getHostString(), remote.getPort(), false);
    socket.setEnabledProtocols(new String[] {TLS_1_3});
    socket.startHandshake();
    return socket;
  }

  /// Shakes hands as the one who accepted; blocks. The channel stays the caller's to close.
  public SSLSocket accept(SocketChannel channel) throws IOException {
    SSLSocket socket =
        (SSLSocket) context().getSocketFactory().createSocket(channel.socket(), null, false);
    socket.setUseClientMode(false);
    socket.setNeedClientAuth(true);
    socket.setEnabledProtocols(new String[] {TLS_1_3});
    socket.startHandshake();
    return socket;
  }
}
