package io.gridset.server.peer;

import static io.gridset.server.peer.PeersFixture.PATIENCE;
import static io.gridset.server.peer.PeersFixture.address;
import static io.gridset.server.peer.PeersFixture.assertFails;
import static io.gridset.server.peer.PeersFixture.fetch;
import static io.gridset.server.peer.PeersFixture.peers;
import static io.gridset.server.peer.PeersFixture.settings;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.client.peer.BlockExchange;
import io.gridset.client.peer.BlockReply;
import io.gridset.client.peer.Peers;
import io.gridset.client.trust.ClusterToken;
import io.gridset.client.trust.Credential;
import io.gridset.client.trust.PeerTls;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Mutual TLS on the data port, with authorities made on the spot.
@Timeout(120)
class PeerTlsTest {
  @TempDir static Path files;

  private final FakePeerService service = new FakePeerService();

  /// Two authorities, with two certificates of the first and one of the second; keys of two kinds.
  @BeforeAll
  static void makeCertificates() throws IOException, InterruptedException {
    for (String ca : List.of("ca", "foreign-ca")) {
      openssl(
          "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN="
              + ca
              + " -keyout "
              + ca
              + ".key -out "
              + ca
              + ".pem");
    }
    certificate("one", "ca", "ec -pkeyopt ec_paramgen_curve:prime256v1");
    certificate("two", "ca", "rsa:2048");
    certificate("stranger", "foreign-ca", "ec -pkeyopt ec_paramgen_curve:prime256v1");
  }

  private static void certificate(String name, String ca, String key)
      throws IOException, InterruptedException {
    openssl(
        "req -x509 -newkey "
            + key
            + " -nodes -days 2 -subj /CN="
            + name
            + " -CA "
            + ca
            + ".pem -CAkey "
            + ca
            + ".key -keyout "
            + name
            + ".key -out "
            + name
            + ".pem");
  }

  private static void openssl(String arguments) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(("openssl " + arguments).split(" "))
            .directory(files.toFile())
            .redirectErrorStream(true)
            .redirectOutput(files.resolve("openssl.log").toFile())
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(files.resolve("openssl.log"))).isZero();
  }

  private static PeerTls tls(String name, String ca) throws StorageException {
    return PeerTls.read(
        files.resolve(name + ".pem"), files.resolve(name + ".key"), files.resolve(ca + ".pem"));
  }

  @Test
  void membersOfOneAuthoritySpeakUnderTls() throws StorageException {
    ClusterToken secret = ClusterToken.of("0123456789abcdef", "a test");
    try (DataServer server = PeersFixture.start(settings(secret, tls("one", "ca")), service);
        Peers peers = peers(secret.credential(), tls("two", "ca"))) {
      for (int bytes : new int[] {1, 16_384, 100_000, 4 << 20}) {
        fetch(peers, address(server), FakePeerService.request(bytes));
      }
      peers.ping(address(server), PATIENCE);
      assertThat(server.statistics().connections()).isEqualTo(1);
    }
  }

  @Test
  void patienceEndsUnderTlsTooAndTheAnswerMayStillCome() throws StorageException {
    service.cold = true;
    service.gate = new CountDownLatch(1);
    try (DataServer server = PeersFixture.start(settings(null, tls("one", "ca")), service);
        Peers peers = peers(Credential.none(), tls("two", "ca"));
        BlockExchange exchange =
            peers.ask(address(server), FakePeerService.request(1000), PATIENCE)) {
      assertThat(exchange.next(Duration.ofMillis(1))).isInstanceOf(BlockReply.Silent.class);
      assertThat(exchange.next(PATIENCE)).isInstanceOf(BlockReply.AtIt.class);
      service.gate.countDown();
      assertThat(PeersFixture.reply(exchange)).isInstanceOf(BlockReply.Coming.class);
      assertThat(PeersFixture.receive(exchange)).hasSize(1000);
    }
  }

  @Test
  void aForeignCertificateIsRefusedByEitherSide() throws StorageException {
    try (DataServer server = PeersFixture.start(settings(null, tls("one", "ca")), service);
        DataServer foreign =
            PeersFixture.start(settings(null, tls("stranger", "foreign-ca")), service);
        Peers credulous = peers(Credential.none(), tls("stranger", "ca"));
        Peers member = peers(Credential.none(), tls("two", "ca"))) {
      // It believes the server, which does not believe it.
      assertFails(Kind.ACCESS_DENIED, () -> credulous.ping(address(server), PATIENCE));
      assertFails(Kind.ACCESS_DENIED, () -> member.ping(address(foreign), PATIENCE));
      member.ping(address(server), PATIENCE);
    }
  }

  @Test
  void plainTcpDoesNotGetInNorDoesTlsMeetPlainTcp() throws StorageException {
    try (DataServer secure = PeersFixture.start(settings(null, tls("one", "ca")), service);
        DataServer plain = PeersFixture.start(settings(null, null), service);
        Peers plainPeers = peers();
        Peers securePeers = peers(Credential.none(), tls("two", "ca"))) {
      assertThat(
              org.assertj.core.api.Assertions.catchThrowableOfType(
                  StorageException.class, () -> plainPeers.ping(address(secure), PATIENCE)))
          .isNotNull();
      assertThat(
              org.assertj.core.api.Assertions.catchThrowableOfType(
                  StorageException.class, () -> securePeers.ping(address(plain), PATIENCE)))
          .isNotNull();
      assertThat(secure.statistics().requests() + plain.statistics().requests()).isZero();
    }
  }

  @Test
  void renewedFilesCountForNewConnections(@TempDir Path renewed) throws Exception {
    AtomicLong nanos = new AtomicLong();
    copy("one", "ca", renewed);
    PeerTls own =
        PeerTls.read(
            renewed.resolve("tls.pem"),
            renewed.resolve("tls.key"),
            renewed.resolve("ca.pem"),
            nanos::get);
    try (DataServer server = PeersFixture.start(settings(null, own), service);
        Peers before = peers(Credential.none(), tls("two", "ca"));
        Peers after = peers(Credential.none(), tls("stranger", "foreign-ca"))) {
      before.ping(address(server), PATIENCE);
      assertFails(Kind.ACCESS_DENIED, () -> after.ping(address(server), PATIENCE));
      Files.writeString(renewed.resolve("tls.pem"), "half a certific");
      nanos.addAndGet(Duration.ofSeconds(10).toNanos());
      try (Peers meanwhile = peers(Credential.none(), tls("two", "ca"))) {
        meanwhile.ping(address(server), PATIENCE);
      }
      copy("stranger", "foreign-ca", renewed);
      nanos.addAndGet(Duration.ofSeconds(10).toNanos());
      after.ping(address(server), PATIENCE);
    }
  }

  private static void copy(String name, String ca, Path to) throws IOException {
    Files.copy(files.resolve(name + ".pem"), to.resolve("tls.pem"), REPLACE_EXISTING);
    Files.copy(files.resolve(name + ".key"), to.resolve("tls.key"), REPLACE_EXISTING);
    Files.copy(files.resolve(ca + ".pem"), to.resolve("ca.pem"), REPLACE_EXISTING);
  }

  @Test
  void filesThatCannotBeUsedAreNamed() {
    assertFails(Kind.INVALID, () -> tls("missing", "ca"));
    assertFails(
        Kind.INVALID,
        () ->
            PeerTls.read(
                files.resolve("one.pem"), files.resolve("one.pem"), files.resolve("ca.pem")));
  }
}
