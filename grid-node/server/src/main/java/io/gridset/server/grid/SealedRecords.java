package io.gridset.server.grid;

import io.gridset.server.state.RecordExchange.Secrecy;
import io.gridset.server.state.StateRecord;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The form in which records stand where all members see them: confidential ones under AES-256-GCM
/// with a key from the cluster's secret, all others as they are. Cluster, key, version and uid are
/// authenticated along, so that what is sealed opens in its own place only. A deletion is sealed
/// too: else whoever reaches the map could delete a Secret everywhere. Thread-safe.
final class SealedRecords {
  private static final Logger LOG = LoggerFactory.getLogger(SealedRecords.class);
  private static final String LABEL = "gridset secret records v1";
  private static final String CIPHER = "AES/GCM/NoPadding";

  /// As GCM is meant to be used (NIST SP 800-38D, 8.2.2 and 5.2.1.2).
  private static final int NONCE_BYTES = 12;

  private static final int TAG_BITS = 128;

  /// First byte of what is sealed.
  private static final byte DELETION = 0;

  private static final byte BODY = 1;

  /// Keys of which it was said that they do not open; with more, no more is said.
  private static final int MAX_WARNED = 1_000;

  private static final SecureRandom RANDOM = new SecureRandom();

  private final Secrecy secrecy;
  private final @Nullable SecretKey key;
  private final String cluster;
  private final Set<String> warned = ConcurrentHashMap.newKeySet();

  private SealedRecords(Secrecy secrecy, @Nullable SecretKey key, String cluster) {
    this.secrecy = secrecy;
    this.key = key;
    this.cluster = cluster;
  }

  static SealedRecords of(GridSettings settings) {
    String cluster = settings.clusterName();
    if (settings.discovery() instanceof Discovery.Alone) {
      return new SealedRecords(Secrecy.ALONE, null, cluster);
    }
    return settings
        .token()
        .map(token -> new SealedRecords(Secrecy.SEALED, token.key(LABEL), cluster))
        .orElseGet(() -> new SealedRecords(Secrecy.KEPT, null, cluster));
  }

  Secrecy secrecy() {
    return secrecy;
  }

  /// The form to be shown; empty for what must not be shown at all.
  Optional<StateRecord> seal(StateRecord record) {
    if (!record.isConfidential()) {
      return Optional.of(record);
    }
    SecretKey sealing = key;
    return sealing == null ? Optional.empty() : Optional.of(seal(record, sealing));
  }

  private StateRecord seal(StateRecord record, SecretKey sealing) {
    byte[] nonce = new byte[NONCE_BYTES];
    RANDOM.nextBytes(nonce);
    String body = record.body();
    byte[] text = (body == null ? "" : body).getBytes(StandardCharsets.UTF_8);
    ByteBuffer plain = ByteBuffer.allocate(1 + text.length);
    plain.put(body == null ? DELETION : BODY).put(text).flip();
    try {
      Cipher cipher = cipher(Cipher.ENCRYPT_MODE, sealing, nonce, record);
      ByteBuffer sealed = ByteBuffer.allocate(NONCE_BYTES + cipher.getOutputSize(plain.limit()));
      cipher.doFinal(plain, sealed.put(nonce));
      return withBody(record, Base64.getEncoder().encodeToString(sealed.array()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java runtime has AES-GCM", e);
    }
  }

  /// The record as its member wrote it; empty for one that is not genuine, or that this member
  /// cannot open.
  Optional<StateRecord> open(StateRecord shown) {
    if (!shown.isConfidential()) {
      return Optional.of(shown);
    }
    SecretKey opening = key;
    if (opening == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(open(shown, opening));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      if (warned.size() < MAX_WARNED && warned.add(shown.key())) {
        LOG.warn(
            "the record {} in the grid does not open and is ignored: it was sealed with another"
                + " cluster token, or changed by somebody; start all members with the same"
                + " --cluster-token-file",
            shown.key());
      }
      return Optional.empty();
    }
  }

  private StateRecord open(StateRecord shown, SecretKey opening) throws GeneralSecurityException {
    byte[] sealed = Base64.getDecoder().decode(shown.body() == null ? "" : shown.body());
    if (sealed.length < NONCE_BYTES) {
      throw new GeneralSecurityException("too short");
    }
    byte[] nonce = Arrays.copyOf(sealed, NONCE_BYTES);
    byte[] plain =
        cipher(Cipher.DECRYPT_MODE, opening, nonce, shown)
            .doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES);
    if (plain.length == 0) {
      throw new GeneralSecurityException("empty");
    }
    return withBody(
        shown,
        plain[0] == DELETION
            ? null
            : new String(plain, 1, plain.length - 1, StandardCharsets.UTF_8));
  }

  private static StateRecord withBody(StateRecord record, @Nullable String body) {
    return new StateRecord(record.key(), record.version(), record.uid(), body);
  }

  private Cipher cipher(int mode, SecretKey with, byte[] nonce, StateRecord place)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance(CIPHER);
    cipher.init(mode, with, new GCMParameterSpec(TAG_BITS, nonce));
    updatePart(cipher, cluster);
    updatePart(cipher, place.key());
    updatePart(cipher, Long.toString(place.version()));
    updatePart(cipher, place.uid());
    return cipher;
  }

  /// Parts are told apart by their lengths.
  private static void updatePart(Cipher cipher, String part) {
    byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
    cipher.updateAAD(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
    cipher.updateAAD(bytes);
  }
}
