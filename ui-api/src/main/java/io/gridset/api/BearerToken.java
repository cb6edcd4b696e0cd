package io.gridset.api;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/// The secret that requests over TCP bear (RFC 6750): one token with all rights. Never printed.
/// Thread-safe.
public final class BearerToken {
  private static final int TOKEN_BYTES = 32;
  private static final String SCHEME = "Bearer ";

  private final byte[] token;

  private BearerToken(String token) {
    this.token = token.getBytes(StandardCharsets.UTF_8);
  }

  /// Reads the token in `file`, which is made, with a random token and mode 0600, when missing.
  public static BearerToken inFile(Path file) throws IOException {
    byte[] random = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(random);
    var ownerOnly =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    try {
      Files.createFile(file, ownerOnly);
      Files.writeString(file, HexFormat.of().formatHex(random) + "\n");
    } catch (FileAlreadyExistsException _) {
      // an earlier start made it: clients may hold it
    }
    String text = Files.readString(file).strip();
    if (text.isEmpty()) {
      throw new IOException("the token file " + file + " is empty: remove it, and start again");
    }
    return new BearerToken(text);
  }

  /// Whether `text` is it; compared in constant time.
  public boolean is(String text) {
    return MessageDigest.isEqual(token, text.getBytes(StandardCharsets.UTF_8));
  }

  /// Whether an `Authorization` header bears it; compared in constant time.
  boolean isIn(@Nullable String authorization) {
    return authorization != null
        && authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        && is(authorization.substring(SCHEME.length()).strip());
  }

  @Override
  public String toString() {
    return "***";
  }
}
