package io.gridset.operator.webhook.certificate;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/// Certificates and keys as text (RFC 7468).
final class Pem {
  private static final int LINE = 64;

  private Pem() {}

  static String write(List<X509Certificate> certificates) throws GeneralSecurityException {
    StringBuilder text = new StringBuilder();
    for (X509Certificate certificate : certificates) {
      text.append(block("CERTIFICATE", certificate.getEncoded()));
    }
    return text.toString();
  }

  static String write(PrivateKey key) {
    return block("PRIVATE KEY", key.getEncoded());
  }

  static List<X509Certificate> certificates(String text) throws GeneralSecurityException {
    List<X509Certificate> read = new ArrayList<>();
    CertificateFactory.getInstance("X.509")
        .generateCertificates(new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII)))
        .forEach(certificate -> read.add((X509Certificate) certificate));
    return List.copyOf(read);
  }

  static PrivateKey key(String text) throws GeneralSecurityException {
    String body = text.replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
    try {
      return KeyFactory.getInstance("EC")
          .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(body)));
    } catch (IllegalArgumentException e) {
      throw new GeneralSecurityException("this is no key in PEM form", e);
    }
  }

  private static String block(String label, byte[] encoded) {
    Base64.Encoder lines = Base64.getMimeEncoder(LINE, new byte[] {'\n'});
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(label, lines.encodeToString(encoded), label);
  }
}
