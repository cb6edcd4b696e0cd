package io.gridset.core.block;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// The identity of one version of one file of one dataset, as 32 hexadecimal digits (the first 128
/// bits of a SHA-256). Every cache key is made of it, so two datasets never share bytes and an
/// overwritten object is a new file.
public record FileVersion(String id) {
  /// Only ever cloned: asking the providers for one costs more than the digest itself, and every
  /// lookup and open takes one.
  private static final MessageDigest SHA_256 = sha256();

  public FileVersion {
    if (id.length() != 32) {
      throw new IllegalArgumentException("not a file version: " + id);
    }
  }

  /// Derives the version from the owning dataset's UID, the mount's name, the path in the mount and
  /// the validator (see `ObjectIdentity.validator()`).
  public static FileVersion of(String datasetUid, String mount, String path, String validator) {
    MessageDigest digest = fresh();
    for (String part : new String[] {datasetUid, mount, path, validator}) {
      byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
      digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
      digest.update(bytes);
    }
    return new FileVersion(HexFormat.of().formatHex(digest.digest(), 0, 16));
  }

  /// The same identity as 16 bytes.
  public byte[] bytes() {
    return HexFormat.of().parseHex(id);
  }

  @Override
  public String toString() {
    return id;
  }

  private static MessageDigest fresh() {
    try {
      return (MessageDigest) SHA_256.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the JDK's own digests can be cloned", e);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
