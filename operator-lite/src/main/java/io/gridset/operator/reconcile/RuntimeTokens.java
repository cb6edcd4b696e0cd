package io.gridset.operator.reconcile;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Derives the tokens of each runtime from the operator's one key (HMAC-SHA256, RFC 2104), so that
/// the operator never has to read a Secret of a tenant's namespace: it may create them, no more.
/// Thread-safe.
public final class RuntimeTokens {
  private static final int KEY_BYTES_MIN = 32;
  private static final int NAME_CHARACTERS = 8;

  private final byte[] key;

  /// @throws IllegalArgumentException for a key of less than 256 bits
  public RuntimeTokens(byte[] key) {
    if (key.length < KEY_BYTES_MIN) {
      throw new IllegalArgumentException(
          "the operator's key has " + key.length + " bytes; it needs " + KEY_BYTES_MIN);
    }
    this.key = key.clone();
  }

  /// What requests to the API of a runtime's workers bear.
  public String api(String runtimeUid) {
    return derived("api", runtimeUid);
  }

  /// The secret that the runtime's members share.
  String cluster(String runtimeUid) {
    return derived("cluster", runtimeUid);
  }

  /// Another key makes other names, so that a Secret that exists is known to hold what it should.
  String secretName(String runtime, String runtimeUid) {
    return runtime + "-token-" + derived("name", runtimeUid).substring(0, NAME_CHARACTERS);
  }

  private String derived(String purpose, String runtimeUid) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      byte[] text = ("gridset/" + purpose + "/" + runtimeUid).getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(mac.doFinal(text));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has HmacSHA256", e);
    }
  }

  @Override
  public String toString() {
    return "***";
  }
}
