package io.gridset.client.trust;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Both sides' words at the start of a connection, and the proofs over them: each side's proof is
/// an HMAC over the protocol, the cluster, the claims and both nonces, so that neither can be used
/// again or handed on to the other direction.
///
/// @param cluster name that both must use
/// @param claims encoded claims of a reader; empty for a member
public record Greeting(String cluster, String claims, Nonces nonces) {
  public static final int NONCE_BYTES = 32;
  public static final int PROOF_BYTES = 32;
  private static final SecureRandom RANDOM = new SecureRandom();

  /// Fresh random bytes of each side.
  public static final class Nonces {
    private final byte[] client;
    private final byte[] server;

    public Nonces(byte[] client, byte[] server) {
      this.client = client.clone();
      this.server = server.clone();
    }
  }

  public static byte[] nonce() {
    byte[] bytes = new byte[NONCE_BYTES];
    RANDOM.nextBytes(bytes);
    return bytes;
  }

  /// What the one who connects sends; nothing without a secret.
  public byte[] clientProof(Credential credential) {
    return credential.isNone() ? new byte[0] : proof("client", credential);
  }

  /// What the one who is asked sends, before it has seen the other's; nothing without a secret.
  public byte[] serverProof(@Nullable ClusterToken token) {
    return token == null ? new byte[0] : proof("server", token.expected(claims));
  }

  /// @throws StorageException ACCESS_DENIED when who answered does not know the cluster's secret
  public void checkServer(byte[] proof, Credential credential) throws StorageException {
    boolean genuine =
        credential.isNone()
            ? proof.length == 0
            : MessageDigest.isEqual(proof, proof("server", credential));
    if (!genuine && credential.isNone()) {
      throw denied("it asks for a cluster token, and this node has none");
    }
    if (!genuine) {
      throw denied(
          "it does not know this node's cluster token, or the reader token is not genuine");
    }
  }

  /// What the one who connects may do: everything (empty), or what its claims say.
  ///
  /// @throws StorageException ACCESS_DENIED
  public Optional<ReaderClaims> checkClient(byte[] proof, @Nullable ClusterToken token, Instant now)
      throws StorageException {
    if (token == null) {
      return Optional.empty();
    }
    if (!MessageDigest.isEqual(proof, proof("client", token.expected(claims)))) {
      throw denied("the cluster token or reader token that you have is not this cluster's");
    }
    if (claims.isEmpty()) {
      return Optional.empty();
    }
    ReaderClaims allowed = ReaderClaims.decode(claims);
    if (allowed.isExpired(now)) {
      throw denied("the reader token has expired: ask for a new one");
    }
    return Optional.of(allowed);
  }

  private byte[] proof(String side, Credential credential) {
    return Hmac.of(
        credential.key(),
        Hmac.bytes("gridset data 1 " + side),
        Hmac.bytes(cluster),
        Hmac.bytes(claims),
        nonces.client,
        nonces.server);
  }

  private static StorageException denied(String why) {
    return StorageException.of(Kind.ACCESS_DENIED, why);
  }
}
