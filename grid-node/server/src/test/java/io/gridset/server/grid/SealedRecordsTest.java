package io.gridset.server.grid;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.client.trust.ClusterToken;
import io.gridset.core.store.StorageException;
import io.gridset.server.state.RecordCodec;
import io.gridset.server.state.RecordExchange.Secrecy;
import io.gridset.server.state.StateRecord;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SealedRecordsTest {
  private static final String TOKEN = "0123456789abcdef0123456789abcdef";
  private static final StateRecord RECORD =
      new StateRecord("secret/Secret/default/keys", 7, "uid-1", "{\"data\": \"hush\"}");
  private static final StateRecord DELETION = new StateRecord(RECORD.key(), 8, RECORD.uid(), null);

  private final SealedRecords sealed = with(TOKEN, "one");

  private static SealedRecords with(String token, String cluster) {
    try {
      return of(cluster, Optional.of(ClusterToken.of(token, "the test")));
    } catch (StorageException e) {
      throw new AssertionError(e);
    }
  }

  private static SealedRecords of(String cluster, Optional<ClusterToken> token) {
    return SealedRecords.of(
        new GridSettings(
            cluster,
            "127.0.0.1",
            5701,
            1,
            new Discovery.Addresses(List.of("127.0.0.1:5701")),
            Path.of("unused"),
            new GridSettings.Profile("n", 1, Optional.empty(), "1"),
            token));
  }

  private StateRecord shown(StateRecord record) {
    return sealed.seal(record).orElseThrow();
  }

  @Test
  void membersWithTheTokenOpenWhatWasSealedAndNobodyReadsItOnTheWay() {
    for (StateRecord record : List.of(RECORD, DELETION)) {
      StateRecord shown = shown(record);
      assertThat(with(TOKEN, "one").open(shown)).hasValue(record);
      byte[] bytes = Base64.getDecoder().decode(String.valueOf(shown.body()));
      assertThat(RecordCodec.encode(List.of(shown)) + new String(bytes))
          .doesNotContain("hush", "data");
      assertThat(shown(record)).as("another nonce each time").isNotEqualTo(shown);
    }
  }

  @Test
  void whatIsNotConfidentialIsShownAsItIs() {
    StateRecord manifest = new StateRecord("manifest/Dataset/default/data", 1, "uid", "text");
    assertThat(sealed.seal(manifest)).hasValue(manifest);
    assertThat(sealed.open(manifest)).hasValue(manifest);
  }

  @Test
  void anotherTokenOrClusterOpensNothing() {
    assertThat(with(TOKEN.replace('a', 'b'), "one").open(shown(RECORD))).isEmpty();
    assertThat(with(TOKEN, "two").open(shown(RECORD))).isEmpty();
  }

  @Test
  void whatWasMovedToAnotherRecordVersionOrOwnerDoesNotOpen() {
    String body = shown(RECORD).body();
    String deletion = shown(DELETION).body();
    for (StateRecord forged :
        List.of(
            new StateRecord("secret/Secret/default/key", 7, "suid-1", body),
            new StateRecord("secret/Secret/default/other", 7, "uid-1", body),
            new StateRecord(RECORD.key(), 9, "uid-1", body),
            new StateRecord(RECORD.key(), 7, "uid-2", body),
            new StateRecord(RECORD.key(), 9, "uid-1", deletion))) {
      assertThat(sealed.open(forged)).as(forged.toString()).isEmpty();
    }
  }

  @Test
  void aChangeOfAnyByteIsNoticed() {
    byte[] bytes = Base64.getDecoder().decode(String.valueOf(shown(RECORD).body()));
    for (int i = 0; i < bytes.length; i++) {
      byte[] changed = bytes.clone();
      changed[i] ^= 1;
      assertThat(sealed.open(withBody(Base64.getEncoder().encodeToString(changed))))
          .as("byte " + i)
          .isEmpty();
    }
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = java.util.Arrays.copyOf(bytes, length);
      assertThat(sealed.open(withBody(Base64.getEncoder().encodeToString(cut)))).isEmpty();
    }
  }

  @Test
  void whatIsNotSealedIsNoSecretNorItsDeletion() {
    assertThat(sealed.open(RECORD)).isEmpty();
    assertThat(sealed.open(withBody("{\"data\": \"forged\"}"))).isEmpty();
    assertThat(sealed.open(DELETION)).as("a deletion by who has no token").isEmpty();
  }

  private static StateRecord withBody(String body) {
    return new StateRecord(RECORD.key(), RECORD.version(), RECORD.uid(), body);
  }

  @Test
  void withoutATokenSecretsAreNeitherShownNorTaken() {
    SealedRecords open = of("one", Optional.empty());
    assertThat(open.secrecy()).isEqualTo(Secrecy.KEPT);
    assertThat(open.seal(RECORD)).isEmpty();
    assertThat(open.seal(DELETION)).isEmpty();
    assertThat(open.open(shown(RECORD))).isEmpty();
    assertThat(open.open(RECORD)).isEmpty();
  }
}
