package io.gridset.client.trust;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;
import org.jspecify.annotations.Nullable;

/// The secret that all members of a cluster share. Members prove to each other that they know it;
/// reader tokens are derived from it, so that every member can check one without a store.
public final class ClusterToken {
  /// Shorter ones could be guessed from a recorded greeting.
  private static final int SHORTEST_BYTES = 16;

  private static final int LONGEST_BYTES = 4096;
  private static final int KEY_BYTES = 32;
  private static final byte[] FOR_MEMBERS = Hmac.bytes("gridset member");
  private static final byte[] FOR_READERS = Hmac.bytes("gridset reader");

  private final byte[] secret;

  private ClusterToken(byte[] secret) {
    this.secret = secret;
  }

  /// Reads a file that holds the secret; white space around it does not count.
  ///
  /// @throws StorageException INVALID when it cannot be read or is too short
  public static ClusterToken read(Path file) throws StorageException {
    byte[] content;
    try (InputStream in = Files.newInputStream(file)) {
      content = in.readNBytes(LONGEST_BYTES);
    } catch (IOException e) {
      throw StorageException.of(
          Kind.INVALID, "the cluster token file " + file + " cannot be read", e);
    }
    return of(new String(content, StandardCharsets.UTF_8), file.toString());
  }

  /// @param origin where it stands, for messages
  /// @throws StorageException INVALID when it is too short
  public static ClusterToken of(String secret, String origin) throws StorageException {
    byte[] bytes = Hmac.bytes(secret.strip());
    if (bytes.length < SHORTEST_BYTES) {
      throw StorageException.of(
          Kind.INVALID,
          "the cluster token in "
              + origin
              + " has fewer than "
              + SHORTEST_BYTES
              + " characters; make one with: openssl rand -hex 32");
    }
    return new ClusterToken(bytes);
  }

  /// Without a token a data server would give every byte to whoever reaches its port.
  ///
  /// @param listen where the data server is to listen
  /// @throws StorageException INVALID when others than this machine could reach it, and there is no
  ///   token
  public static void requireFor(InetAddress listen, @Nullable ClusterToken token)
      throws StorageException {
    if (token == null && !listen.isLoopbackAddress()) {
      throw StorageException.of(
          Kind.INVALID,
          "data-listen "
              + listen.getHostAddress()
              + " is reachable from other machines: set cluster-token-file, or listen on 127.0.0.1");
    }
  }

  /// What a member proves itself with.
  public Credential credential() {
    return new Credential("", Hmac.of(secret, FOR_MEMBERS));
  }

  /// A token, `gst1.CLAIMS.HMAC`, for readers that are no members. Who has it may do what the
  /// claims say; it is not sent when it is used, but it is to be kept like a password.
  public String readerToken(ReaderClaims claims) {
    return readerCredential(claims.encoded()).token();
  }

  /// A key for AES-256 that all members of the cluster derive alike, by HKDF-SHA256 (RFC 5869).
  ///
  /// @param label what the key is for; keys of different labels tell nothing of each other
  public SecretKey key(String label) {
    try {
      return KDF.getInstance("HKDF-SHA256")
          .deriveKey(
              "AES",
              HKDFParameterSpec.ofExtract()
                  .addIKM(secret)
                  .thenExpand(Hmac.bytes(label), KEY_BYTES));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java runtime has HKDF-SHA256", e);
    }
  }

  private Credential readerCredential(String encodedClaims) {
    return new Credential(encodedClaims, Hmac.of(secret, FOR_READERS, Hmac.bytes(encodedClaims)));
  }

  /// What somebody who shows `claims` (empty for a member) must know.
  Credential expected(String claims) {
    return claims.isEmpty() ? credential() : readerCredential(claims);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ClusterToken token && Arrays.equals(secret, token.secret);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(secret);
  }

  /// Says nothing of the secret.
  @Override
  public String toString() {
    return "a cluster token";
  }
}
