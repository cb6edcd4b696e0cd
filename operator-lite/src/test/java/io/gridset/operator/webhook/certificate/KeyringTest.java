package io.gridset.operator.webhook.certificate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Keys over the years: at no moment may the server show what the API server was not told of.
class KeyringTest {
  private static final Instant START = Instant.parse("2026-11-22T12:00:00Z");
  private static final Keyring.Lives LIVES = Keyring.Lives.defaults();
  private static final List<String> NAMES =
      List.of("gridset-webhook.gridset-system.svc", "10.0.0.7");

  @Test
  void theServersCertificateIsGoodForItsNamesAndSignedByItsAuthority() throws Exception {
    Keyring keyring = Keyring.make(NAMES, START, LIVES);
    X509Certificate server = keyring.serverCertificate();
    assertThat(server.getSubjectAlternativeNames())
        .extracting(entry -> entry.get(1).toString())
        .containsExactlyElementsOf(NAMES);
    assertThat(server.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
    assertThat(believed(keyring.authorities(), server)).isTrue();
    assertThat(server.getBasicConstraints()).as("signs nothing itself").isNegative();
  }

  @Test
  void aYearlongLifeNeverShowsWhatWasNotAnnouncedOneLookBefore() throws Exception {
    Keyring keyring = Keyring.make(NAMES, START, LIVES);
    String announced = keyring.authorities();
    int servers = 0;
    for (Instant now = START;
        now.isBefore(START.plus(Duration.ofDays(1_500)));
        now = now.plus(Duration.ofHours(5))) {
      Keyring next = keyring.renewed(NAMES, now, LIVES);
      assertThat(believed(announced, next.serverCertificate())).as("at %s", now).isTrue();
      next.serverCertificate().checkValidity(java.util.Date.from(now));
      servers += next.serverCertificate().equals(keyring.serverCertificate()) ? 0 : 1;
      assertThat(Keyring.read(next.write())).isEqualTo(next);
      announced = next.authorities();
      keyring = next;
    }
    assertThat(servers).isBetween(20, 30);
  }

  @Test
  void nothingIsRenewedBeforeItIsDueAndNewNamesAtOnce() {
    Keyring keyring = Keyring.make(NAMES, START, LIVES);
    assertThat(keyring.renewed(NAMES, START.plus(Duration.ofDays(59)), LIVES)).isSameAs(keyring);
    assertThat(keyring.renewed(NAMES, START.plus(Duration.ofDays(61)), LIVES))
        .isNotEqualTo(keyring);
    assertThat(keyring.renewed(List.of("10.0.0.8"), START, LIVES)).isNotEqualTo(keyring);
  }

  @Test
  void aNewAuthorityIsAnnouncedForTenMinutesBeforeItSigns() {
    Keyring keyring = Keyring.make(NAMES, START, LIVES);
    Instant due = START.plus(Duration.ofDays(500));
    Keyring announcing = keyring.renewed(NAMES, due, LIVES);
    assertThat(announcing.authorities()).contains(keyring.authorities()).hasSizeGreaterThan(1_000);
    assertThat(announcing.serverCertificate()).isEqualTo(keyring.serverCertificate());
    assertThat(announcing.renewed(NAMES, due.plusSeconds(540), LIVES)).isSameAs(announcing);
    Keyring signing = announcing.renewed(NAMES, due.plusSeconds(660), LIVES);
    assertThat(signing.serverCertificate()).isNotEqualTo(keyring.serverCertificate());
    assertThat(signing.authorities()).contains(keyring.authorities());
  }

  @Test
  void whatIsNoKeyringIsSaidToBeNone() {
    Map<String, String> data = new HashMap<>(Keyring.make(NAMES, START, LIVES).write());
    data.put("tls.key", "nonsense");
    assertThatThrownBy(() -> Keyring.read(data)).isInstanceOf(GeneralSecurityException.class);
    data.remove("tls.key");
    assertThatThrownBy(() -> Keyring.read(data)).hasMessageContaining("tls.key");
  }

  private static boolean believed(String authorities, X509Certificate certificate)
      throws GeneralSecurityException {
    for (var authority :
        CertificateFactory.getInstance("X.509")
            .generateCertificates(
                new ByteArrayInputStream(authorities.getBytes(StandardCharsets.US_ASCII)))) {
      try {
        certificate.verify(authority.getPublicKey());
        return true;
      } catch (GeneralSecurityException e) {
        // The next one, perhaps.
      }
    }
    return false;
  }
}
