package io.gridset.server.store.range;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.core.block.ByteRange;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.store.range.RangeReader.RangeRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A peer that says anything at all: every answer is understood or refused, in bounded time and
/// memory.
class HostilePeerTest {
  private static final long SEED = 4711;
  private static final ObjectIdentity TEN = new ObjectIdentity(10, null, "\"v1\"");
  private static final String HEAD =
      "HTTP/1.1 206 Partial Content\r\nETag: \"v1\"\r\nContent-Range: bytes 2-6/10\r\n";

  private ServerSocket server;
  private HttpTransport transport;
  private volatile byte[] answer = new byte[0];
  private volatile boolean holdOpen;

  @BeforeEach
  void start() throws Exception {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::serve);
    transport =
        new HttpTransport(
            new TransferLimits(
                Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofMillis(150), 8, 1 << 20),
            new TlsTrust(null));
  }

  @AfterEach
  void stop() throws IOException {
    transport.close();
    server.close();
  }

  private void serve() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        Thread.ofVirtual().start(() -> reply(socket));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void reply(Socket socket) {
    try (socket;
        OutputStream out = socket.getOutputStream()) {
      byte[] request = new byte[8192];
      if (socket.getInputStream().read(request) > 0) {
        out.write(answer);
        out.flush();
        socket.shutdownOutput();
        while (holdOpen && socket.getInputStream().read(request) > 0) {
          continue;
        }
      }
    } catch (IOException e) {
      // The reader hung up, as it should.
      return;
    }
  }

  private byte[] read(String text) throws StorageException {
    answer = text.getBytes(StandardCharsets.ISO_8859_1);
    return read();
  }

  private byte[] read() throws StorageException {
    return readBy("http");
  }

  private byte[] readBy(String scheme) throws StorageException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    RequestHead get =
        RequestHead.get(
            URI.create(scheme + "://127.0.0.1:" + server.getLocalPort() + "/x"), Map.of());
    new RangeReader(
            transport, new HttpRefusals("no remedy", InstantSource.system()), Redirects.none())
        .read(
            new RangeRequest("x", get, TEN, new ByteRange(2, 5)),
            piece -> {
              while (piece.hasRemaining()) {
                out.write(piece.get());
              }
            });
    return out.toByteArray();
  }

  private void refused(String text, Kind kind) {
    assertThatThrownBy(() -> read(text))
        .isInstanceOfSatisfying(
            StorageException.class, e -> assertThat(e.kind()).as(text).isEqualTo(kind));
  }

  @Test
  void aBrokenHandshakeIsNotBlamedOnTheCertificate() {
    assertThatThrownBy(() -> readBy("https"))
        .isInstanceOfSatisfying(
            StorageException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE);
              assertThat(e.retryable()).isTrue();
            })
        .hasMessageContaining("TLS failed");
  }

  @Test
  void theRightAnswerIsUnderstoodInEveryFraming() throws Exception {
    byte[] right = "cdefg".getBytes(StandardCharsets.ISO_8859_1);
    assertThat(read(HEAD + "Content-Length: 5\r\n\r\ncdefg")).isEqualTo(right);
    assertThat(read(HEAD + "\r\ncdefg")).isEqualTo(right);
    assertThat(
            read(
                HEAD
                    + "Transfer-Encoding: chunked\r\n\r\n2;x=y\r\ncd\r\n3\r\nefg\r\n0\r\nT: v\r\n\r\n"))
        .isEqualTo(right);
    assertThat(read("HTTP/1.1 100 Continue\r\n\r\n" + HEAD + "Content-Length: 5\r\n\r\ncdefg"))
        .isEqualTo(right);
    assertThat(read("HTTP/1.1 200 OK\nETag: \"v1\"\nContent-Length: 10\n\nabcdefghij"))
        .isEqualTo(right);
  }

  @Test
  void everyContradictionIsRefused() {
    refused(HEAD + "Content-Length: 5\r\n\r\ncde", Kind.UNAVAILABLE);
    refused(HEAD + "\r\ncde", Kind.CORRUPT);
    refused(HEAD + "\r\ncdefgh", Kind.CORRUPT);
    refused(HEAD + "Content-Length: 6\r\n\r\ncdefgh", Kind.CORRUPT);
    refused(HEAD + "Content-Length: 5\r\nContent-Length: 6\r\n\r\ncdefg", Kind.CORRUPT);
    refused(HEAD + "Content-Length: -5\r\n\r\ncdefg", Kind.CORRUPT);
    refused(HEAD + "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\ncdefg", Kind.CORRUPT);
    String chunked = HEAD + "Transfer-Encoding: chunked\r\n\r\n";
    refused(chunked + "5\r\ncdefg\r\n1\r\nh\r\n0\r\n\r\n", Kind.CORRUPT);
    refused(chunked + "3\r\ncde\r\n0\r\n\r\n", Kind.CORRUPT);
    refused(chunked + "3\r\ncdefg\r\n", Kind.CORRUPT);
    refused(chunked + "fffffffffffffffff\r\ncdefg", Kind.CORRUPT);
    refused(chunked + "zz\r\n", Kind.CORRUPT);
    refused(HEAD.replace("2-6/10", "2-6/11") + "\r\ncdefg", Kind.CORRUPT);
    refused(HEAD.replace("2-6/10", "3-7/10") + "\r\ndefgh", Kind.CORRUPT);
    refused(HEAD.replace("bytes 2-6/10", "lines 2-6/10") + "\r\ncdefg", Kind.CORRUPT);
    refused(HEAD.replace("\"v1\"", "\"v2\"") + "\r\ncdefg", Kind.CHANGED);
    refused(HEAD.replace("ETag: \"v1\"\r\n", "") + "\r\ncdefg", Kind.CORRUPT);
    refused("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 9\r\n\r\n", Kind.CORRUPT);
    refused("HTTP/1.1 302 Found\r\nLocation: http://e/\r\n\r\n", Kind.INVALID);
    refused("HTTP/1.1 204 No Content\r\n\r\n", Kind.INVALID);
    refused("", Kind.UNAVAILABLE);
    refused("SSH-2.0-OpenSSH_9.2\r\n\r\n", Kind.CORRUPT);
    refused("HTTP/1.1 200 OK\r\nX: " + "x".repeat(40_000), Kind.CORRUPT);
    refused("HTTP/1.1 200 OK\r\n" + "X: y\r\n".repeat(200) + "\r\n", Kind.CORRUPT);
    refused("HTTP/1.1 100 Continue\r\n\r\n".repeat(20), Kind.CORRUPT);
  }

  @Test
  void aTruncatedAnswerThatStaysOpenIsCutOff() {
    holdOpen = true;
    Instant start = Instant.now();
    refused("HTTP/1.1 206 Partial", Kind.UNAVAILABLE);
    refused("", Kind.UNAVAILABLE);
    assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofMinutes(1));
  }

  @Test
  void mutatedAnswersGiveTheRightBytesOrAFailure() throws Exception {
    byte[] valid = (HEAD + "Content-Length: 5\r\n\r\ncdefg").getBytes(StandardCharsets.ISO_8859_1);
    int bodyStart = valid.length - 5;
    Random random = new Random(SEED);
    int understood = 0;
    for (int i = 0; i < 400; i++) {
      byte[] mutated = valid.clone();
      for (int n = random.nextInt(4); n >= 0; n--) {
        mutated[random.nextInt(bodyStart)] = (byte) random.nextInt(256);
      }
      answer = mutated;
      try {
        assertThat(read()).as("seed %d, round %d", SEED, i).hasSize(5);
        understood++;
      } catch (StorageException e) {
        assertThat(e.getMessage()).isNotEmpty();
      }
    }
    assertThat(understood).isPositive();
  }

  @Test
  void randomHeadsNeverEscapeTheParser() {
    Random random = new Random(SEED);
    String alphabet = "HTTP/1. 20\r\n:\t abcXYZ-,;=\"\0\u00ff";
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder(i % 2 == 0 ? "HTTP/1.1 200 OK\r\n" : "");
      for (int n = random.nextInt(80); n > 0; n--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      byte[] bytes = text.toString().getBytes(StandardCharsets.ISO_8859_1);
      try {
        assertThat(ResponseHead.parse(bytes, bytes.length).status()).isBetween(100, 999);
      } catch (StorageException e) {
        refused++;
      }
    }
    assertThat(refused).as("seed %d", SEED).isBetween(10_000, 20_000);
  }
}
