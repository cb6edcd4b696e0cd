package io.gridset.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.operator.webhook.certificate.Keyring;
import io.gridset.operator.webhook.server.ServingKey;
import io.gridset.operator.webhook.server.WebhookServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The server over real TLS on loopback.
class WebhookServerTest {
  private Keyring keyring;
  private ServingKey key;
  private WebhookServer server;

  @BeforeEach
  void start() throws IOException {
    keyring = keyring();
    key = new ServingKey(keyring.serverKey(), keyring.serverCertificate());
    server =
        new WebhookServer(
            "127.0.0.1",
            0,
            key,
            new AdmissionReviews(InjectedPodsTest.cluster(), Reviews.settings()));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static Keyring keyring() {
    return Keyring.make(
        List.of("127.0.0.1"), InstantSource.system().instant(), Keyring.Lives.defaults());
  }

  /// A client that believes the authorities of these keys, and nobody else.
  private static HttpClient client(Keyring keyring) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    int i = 0;
    for (var authority :
        CertificateFactory.getInstance("X.509")
            .generateCertificates(
                new ByteArrayInputStream(
                    keyring.authorities().getBytes(StandardCharsets.US_ASCII)))) {
      store.setCertificateEntry("a" + i++, authority);
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return HttpClient.newBuilder()
        .sslContext(context)
        .connectTimeout(Duration.ofSeconds(60))
        .build();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + server.port() + path))
        .timeout(Duration.ofSeconds(60));
  }

  private HttpRequest review(JsonNode pod) throws IOException {
    return request(WebhookServer.PODS)
        .POST(BodyPublishers.ofByteArray(Reviews.JSON.writeValueAsBytes(Reviews.review(pod))))
        .build();
  }

  @Test
  void aReviewIsAnsweredAndWhatIsNoneIsSaidToBeNone() throws Exception {
    try (HttpClient client = client(keyring)) {
      HttpResponse<String> answer =
          client.send(review(InjectedPodsTest.servingPod()), BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.headers().firstValue("content-type")).contains("application/json");
      assertThat(Reviews.JSON.readTree(answer.body()).at("/response/patchType").asText())
          .isEqualTo("JSONPatch");
      assertThat(status(client, request(WebhookServer.HEALTH).build())).isEqualTo(200);
      assertThat(status(client, request("/elsewhere").build())).isEqualTo(404);
      assertThat(status(client, request(WebhookServer.PODS).build())).isEqualTo(405);
      assertThat(
              status(
                  client, request(WebhookServer.PODS).POST(BodyPublishers.ofString("x")).build()))
          .isEqualTo(400);
      byte[] large = new byte[AdmissionReviews.BYTES_MAX + 1];
      assertThat(
              isRefused(
                  client,
                  request(WebhookServer.PODS).POST(BodyPublishers.ofByteArray(large)).build()))
          .isTrue();
    }
  }

  /// Also when the connection ends before all of the request was sent: then nobody hears why.
  private static boolean isRefused(HttpClient client, HttpRequest request) throws Exception {
    try {
      return status(client, request) == 400;
    } catch (IOException e) {
      return true;
    }
  }

  private static int status(HttpClient client, HttpRequest request) throws Exception {
    return client.send(request, BodyHandlers.discarding()).statusCode();
  }

  @Test
  void aNewKeyIsShownToWhoeverComesNextAndBreaksNobodyOff() throws Exception {
    Keyring next = keyring();
    try (HttpClient before = client(keyring);
        HttpClient after = client(next)) {
      assertThat(status(before, request(WebhookServer.HEALTH).build())).isEqualTo(200);
      key.set(next.serverKey(), next.serverCertificate());
      assertThat(status(after, request(WebhookServer.HEALTH).build())).isEqualTo(200);
      assertThat(status(before, request(WebhookServer.HEALTH).build())).isEqualTo(200);
    }
  }

  @Test
  void twoHundredAdmissionsAreTimed() throws Exception {
    try (HttpClient client = client(keyring)) {
      HttpRequest review = review(InjectedPodsTest.servingPod());
      for (int i = 0; i < 200; i++) {
        client.send(review, BodyHandlers.discarding());
      }
      List<Long> nanos = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        long begun = System.nanoTime();
        HttpResponse<Void> answer = client.send(review, BodyHandlers.discarding());
        nanos.add(System.nanoTime() - begun);
        assertThat(answer.statusCode()).isEqualTo(200);
      }
      Collections.sort(nanos);
      System.out.printf(
          "admission over HTTPS: median %.2f ms, p99 %.2f ms of %d%n",
          nanos.get(100) / 1e6, nanos.get(197) / 1e6, nanos.size());
    }
  }
}
