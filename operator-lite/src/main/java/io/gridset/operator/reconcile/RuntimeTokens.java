package io.gridset.operator.reconcile;

import io.gridset.client.trust.ClusterToken;
import io.gridset.client.trust.ReaderClaims;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.store.StorageException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Derives the tokens of each runtime from the operator's one key (HMAC-SHA256, RFC 2104), so that
/// the operator never has to read a Secret of a tenant's namespace: it may create them, no more.
/// Thread-safe.
public final class RuntimeTokens {
  private static final int KEY_BYTES_MIN = 32;
  private static final int NAME_CHARACTERS = 8;

  /// The one Secret of a namespace with the readers' tokens of its datasets, by their names. By
  /// this name the operator may change it, and no other Secret.
  public static final String READERS = "gridset-reader-tokens";

  private static final Duration READER_LIFE = Duration.ofHours(24);
  private static final Duration READER_STEP = Duration.ofHours(6);

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

  /// With what FUSE pods and sidecars read one dataset from the runtime's members: no other, no
  /// change, and it is no member. It changes every six hours, and each is good for a day from then,
  /// so that an operator may be away for 18 hours before a reader is shut out.
  String reader(String runtimeUid, DatasetName dataset, Instant now) {
    long step = now.getEpochSecond() / READER_STEP.toSeconds() * READER_STEP.toSeconds();
    ReaderClaims claims =
        ReaderClaims.toRead(
            List.of(dataset.toString()), Instant.ofEpochSecond(step).plus(READER_LIFE));
    try {
      return ClusterToken.of(cluster(runtimeUid), "the operator's key").readerToken(claims);
    } catch (StorageException e) {
      throw new IllegalStateException("64 digits are a cluster token", e);
    }
  }

  /// Another key makes other names, so that a Secret that exists is known to hold what it should.
  String secretName(String runtime, String runtimeUid) {
    return runtime + "-token-" + mark(runtimeUid);
  }

  private String mark(String runtimeUid) {
    return derived("name", runtimeUid).substring(0, NAME_CHARACTERS);
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
