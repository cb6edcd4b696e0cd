package io.gridset.operator.webhook.certificate;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// All keys of the webhook at one moment, as they stand in its Secret: the authority that signs,
/// the one before and the one to come, and the server's own. Immutable.
///
/// A new authority is told to API servers ([#authorities]) before anything is signed with it, and
/// an old one stays told until what it signed is out of use, so that no moment of a rotation has a
/// server whom nobody believes.
public final class Keyring {
  /// How long an authority is known to API servers before it signs.
  static final Duration ANNOUNCED = Duration.ofMinutes(10);

  private static final String SERVER = "tls";
  private static final String AUTHORITY = "ca";
  private static final String NEXT = "next-ca";
  private static final String PREVIOUS = "previous-ca.crt";

  private final Identity authority;
  private final Optional<Identity> next;
  private final Optional<X509Certificate> previous;
  private final Identity server;

  /// How long certificates are good.
  public record Lives(Duration authority, Duration server) {
    /// Two years and three months.
    public static Lives defaults() {
      return new Lives(Duration.ofDays(730), Duration.ofDays(90));
    }
  }

  private Keyring(
      Identity authority,
      Optional<Identity> next,
      Optional<X509Certificate> previous,
      Identity server) {
    this.authority = authority;
    this.next = next;
    this.previous = previous;
    this.server = server;
  }

  /// New keys.
  ///
  /// @param names of the server: host names and addresses
  public static Keyring make(List<String> names, Instant now, Lives lives) {
    Identity authority = Issuer.authority(now, lives.authority());
    return new Keyring(
        authority,
        Optional.empty(),
        Optional.empty(),
        Issuer.server(authority, names, now, lives.server()));
  }

  /// These keys, or those that should take their place now; the same object when nothing is due.
  public Keyring renewed(List<String> names, Instant now, Lives lives) {
    if (next.isPresent()) {
      Identity coming = next.get();
      // Its certificate begins an hour early, for clocks that are behind: the rest is our wait.
      boolean isAnnounced =
          now.isAfter(coming.notBefore().plus(Duration.ofHours(1)).plus(ANNOUNCED));
      return isAnnounced
          ? new Keyring(
              coming,
              Optional.empty(),
              Optional.of(authority.certificate()),
              Issuer.server(coming, names, now, lives.server()))
          : this;
    }
    if (authority.isDue(now)) {
      return new Keyring(
          authority, Optional.of(Issuer.authority(now, lives.authority())), previous, server);
    }
    if (server.isDue(now) || !names().containsAll(names)) {
      Optional<X509Certificate> kept =
          previous.filter(old -> old.getNotAfter().toInstant().isAfter(now));
      return new Keyring(
          authority, next, kept, Issuer.server(authority, names, now, lives.server()));
    }
    return this;
  }

  private Set<String> names() {
    Set<String> names = new HashSet<>();
    try {
      Collection<List<?>> entries = server.certificate().getSubjectAlternativeNames();
      if (entries != null) {
        entries.forEach(entry -> names.add(String.valueOf(entry.get(1))));
      }
    } catch (CertificateParsingException _) {
      // Whoever cannot be read is replaced.
    }
    return names;
  }

  /// The authorities that API servers are to believe, as PEM.
  public String authorities() {
    List<X509Certificate> all = new ArrayList<>(List.of(authority.certificate()));
    next.ifPresent(coming -> all.add(coming.certificate()));
    previous.ifPresent(all::add);
    return pem(all);
  }

  /// The server's certificate.
  public X509Certificate serverCertificate() {
    return server.certificate();
  }

  /// The server's key.
  public PrivateKey serverKey() {
    return server.key();
  }

  /// As the data of a Secret.
  public Map<String, String> write() {
    Map<String, String> data = new LinkedHashMap<>();
    put(data, AUTHORITY, authority);
    put(data, SERVER, server);
    next.ifPresent(coming -> put(data, NEXT, coming));
    previous.ifPresent(old -> data.put(PREVIOUS, pem(List.of(old))));
    return data;
  }

  /// Reads what [#write] wrote.
  ///
  /// @throws GeneralSecurityException when something is missing or is no key
  public static Keyring read(Map<String, String> data) throws GeneralSecurityException {
    Optional<Identity> next =
        data.containsKey(NEXT + ".crt") ? Optional.of(identity(data, NEXT)) : Optional.empty();
    @Nullable String previous = data.get(PREVIOUS);
    return new Keyring(
        identity(data, AUTHORITY),
        next,
        previous == null ? Optional.empty() : Optional.of(Pem.certificates(previous).getFirst()),
        identity(data, SERVER));
  }

  private static Identity identity(Map<String, String> data, String name)
      throws GeneralSecurityException {
    String certificate = data.get(name + ".crt");
    String key = data.get(name + ".key");
    if (certificate == null || key == null) {
      throw new GeneralSecurityException(name + ".crt and " + name + ".key are not both there");
    }
    List<X509Certificate> read = Pem.certificates(certificate);
    if (read.isEmpty()) {
      throw new GeneralSecurityException(name + ".crt holds no certificate");
    }
    return new Identity(read.getFirst(), Pem.key(key));
  }

  private static void put(Map<String, String> data, String name, Identity identity) {
    data.put(name + ".crt", pem(List.of(identity.certificate())));
    data.put(name + ".key", Pem.write(identity.key()));
  }

  private static String pem(List<X509Certificate> certificates) {
    try {
      return Pem.write(certificates);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a certificate cannot be written", e);
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Keyring keyring && write().equals(keyring.write());
  }

  @Override
  public int hashCode() {
    return server.certificate().hashCode();
  }
}
