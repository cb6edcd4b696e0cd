package io.gridset.client.trust;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/// What a node proves itself with to data servers. Its key never leaves the node.
public final class Credential {
  private static final String PREFIX = "gst1.";
  private static final Credential NONE = new Credential("", new byte[0]);

  private final String claims;
  private final byte[] key;

  Credential(String claims, byte[] key) {
    this.claims = claims;
    this.key = key;
  }

  /// Nothing: enough for members on this machine that have no secret either.
  public static Credential none() {
    return NONE;
  }

  /// Reads a file with a reader token, or with the cluster's secret.
  ///
  /// @throws StorageException INVALID when it cannot be read or holds neither
  public static Credential read(Path file) throws StorageException {
    try {
      String text = Files.readString(file).strip();
      return isReaderToken(text)
          ? ofReaderToken(text)
          : ClusterToken.of(text, file.toString()).credential();
    } catch (IOException e) {
      throw StorageException.of(Kind.INVALID, "the token file " + file + " cannot be read", e);
    }
  }

  /// Whether this looks like a token that was derived from a cluster's secret.
  public static boolean isReaderToken(String text) {
    return text.startsWith(PREFIX);
  }

  /// Reads a reader token, `gst1.CLAIMS.HMAC`, as [ClusterToken#readerToken] made it. Whether it is
  /// genuine only a member can tell.
  ///
  /// @throws StorageException INVALID when it does not look like one
  public static Credential ofReaderToken(String token) throws StorageException {
    String text = token.strip();
    int dot = text.lastIndexOf('.');
    if (text.startsWith(PREFIX) && dot > PREFIX.length()) {
      try {
        byte[] key = Base64.getUrlDecoder().decode(text.substring(dot + 1));
        String claims = text.substring(PREFIX.length(), dot);
        ReaderClaims.decode(claims);
        return new Credential(claims, key);
      } catch (IllegalArgumentException | StorageException e) {
        throw notAToken(e);
      }
    }
    throw notAToken(null);
  }

  private static StorageException notAToken(@Nullable Throwable cause) {
    String message = "this is no reader token: one begins with " + PREFIX;
    return cause == null
        ? StorageException.of(Kind.INVALID, message)
        : StorageException.of(Kind.INVALID, message, cause);
  }

  /// The reader token's text; only for a credential with claims.
  String token() {
    return PREFIX + claims + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(key);
  }

  /// The encoded claims of a reader's; empty for a member's.
  public String claims() {
    return claims;
  }

  public boolean isNone() {
    return key.length == 0;
  }

  byte[] key() {
    return key;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Credential credential
        && claims.equals(credential.claims)
        && MessageDigest.isEqual(key, credential.key);
  }

  @Override
  public int hashCode() {
    return claims.hashCode();
  }

  /// Says nothing of the key.
  @Override
  public String toString() {
    return isNone() ? "no credential" : claims.isEmpty() ? "a member's" : "a reader's";
  }
}
