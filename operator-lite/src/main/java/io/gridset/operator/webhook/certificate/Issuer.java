package io.gridset.operator.webhook.certificate;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// Makes certificates: elliptic curve P-256, signed with SHA-256.
final class Issuer {
  /// Clocks of other machines may be behind.
  private static final Duration SKEW = Duration.ofHours(1);

  private static final int SERIAL_BITS = 120;
  private static final SecureRandom RANDOM = new SecureRandom();

  private Issuer() {}

  /// An authority that signs itself.
  static Identity authority(Instant now, Duration life) {
    KeyPair pair = pair();
    // Each has a name of its own: who verifies finds the issuer by it.
    X500Principal name =
        new X500Principal("CN=gridset-webhook-ca-" + Long.toString(now.getEpochSecond(), 36));
    try {
      JcaX509v3CertificateBuilder builder = builder(name, name, pair, now, life);
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
      builder.addExtension(
          Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      builder.addExtension(
          Extension.subjectKeyIdentifier,
          false,
          new JcaX509ExtensionUtils().createSubjectKeyIdentifier(pair.getPublic()));
      return sign(builder, pair, pair);
    } catch (CertIOException | GeneralSecurityException e) {
      throw new IllegalStateException("no certificate of an authority can be made", e);
    }
  }

  /// A server's certificate.
  ///
  /// @param names host names and addresses that it is good for
  static Identity server(Identity authority, List<String> names, Instant now, Duration life) {
    KeyPair pair = pair();
    try {
      JcaX509v3CertificateBuilder builder =
          builder(
              authority.certificate().getSubjectX500Principal(),
              new X500Principal("CN=gridset-webhook"),
              pair,
              now,
              life);
      JcaX509ExtensionUtils extensions = new JcaX509ExtensionUtils();
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
      builder.addExtension(
          Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
      builder.addExtension(
          Extension.authorityKeyIdentifier,
          false,
          extensions.createAuthorityKeyIdentifier(authority.certificate()));
      builder.addExtension(Extension.subjectAlternativeName, false, alternatives(names));
      return sign(
          builder, pair, new KeyPair(authority.certificate().getPublicKey(), authority.key()));
    } catch (CertIOException | GeneralSecurityException e) {
      throw new IllegalStateException("no certificate of a server can be made", e);
    }
  }

  private static GeneralNames alternatives(List<String> names) {
    return new GeneralNames(
        names.stream()
            .map(
                name ->
                    new GeneralName(
                        name.matches("[0-9.]+|.*:.*") ? GeneralName.iPAddress : GeneralName.dNSName,
                        name))
            .toArray(GeneralName[]::new));
  }

  private static JcaX509v3CertificateBuilder builder(
      X500Principal issuer, X500Principal subject, KeyPair pair, Instant now, Duration life) {
    return new JcaX509v3CertificateBuilder(
        issuer,
        new BigInteger(SERIAL_BITS, RANDOM).add(BigInteger.ONE),
        Date.from(now.minus(SKEW)),
        Date.from(now.plus(life)),
        subject,
        pair.getPublic());
  }

  private static Identity sign(JcaX509v3CertificateBuilder builder, KeyPair pair, KeyPair signer)
      throws GeneralSecurityException {
    try {
      X509Certificate certificate =
          new JcaX509CertificateConverter()
              .getCertificate(
                  builder.build(
                      new JcaContentSignerBuilder("SHA256withECDSA").build(signer.getPrivate())));
      return new Identity(certificate, pair.getPrivate());
    } catch (OperatorCreationException e) {
      throw new GeneralSecurityException(e);
    }
  }

  private static KeyPair pair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java makes no keys of the curve P-256", e);
    }
  }
}
