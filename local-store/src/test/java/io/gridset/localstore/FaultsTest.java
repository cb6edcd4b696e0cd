package io.gridset.localstore;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.localstore.behaviour.Fault;
import io.gridset.localstore.behaviour.FaultRule;
import io.gridset.localstore.behaviour.Limits;
import io.gridset.localstore.behaviour.TestingPacing;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every fault and limit as a client on a raw socket sees it.
class FaultsTest {
  private static final int SIZE = 300_000;

  @TempDir Path root;
  private final byte[] content = new byte[SIZE];
  private final TestingPacing pacing = new TestingPacing();
  private LocalStore store;

  @BeforeEach
  void start() throws Exception {
    new Random(7).nextBytes(content);
    Files.createDirectory(root.resolve("data-set"));
    Files.write(root.resolve("data-set/object.bin"), content);
    store = LocalStore.start(LocalStoreSettings.serving(root), pacing, InstantSource.system());
  }

  @AfterEach
  void stop() {
    store.close();
  }

  private RawClient.Answer get(Fault fault, String... headers) throws Exception {
    store.behaviour().faults(List.of(FaultRule.first(1, "data-set/*", fault)));
    try (RawClient client = new RawClient(store.endpoint())) {
      return client.send("GET", "/data-set/object.bin", headers);
    }
  }

  private byte[] part(int from, int to) {
    return Arrays.copyOfRange(content, from, to);
  }

  @Test
  void anUploadIsTakenAtTheRate() throws Exception {
    store.behaviour().limit(Limits.NONE.withBytesPerSecond(SIZE / 10));
    HttpRequest request =
        HttpRequest.newBuilder(store.endpoint().resolve("/data-set/taken.bin"))
            .PUT(HttpRequest.BodyPublishers.ofByteArray(content))
            .build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      assertThat(client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode())
          .isEqualTo(200);
    }
    assertThat(root.resolve("data-set/taken.bin")).hasBinaryContent(content);
    assertThat(pacing.waited()).isBetween(Duration.ofMillis(9_800), Duration.ofMillis(10_000));
  }

  @Test
  void aStatusComesWithRetryAfterAndOnlyAsOftenAsAsked() throws Exception {
    store
        .behaviour()
        .faults(
            List.of(
                FaultRule.first(
                    2, "*", new Fault.Status(503, Optional.of(Duration.ofSeconds(3))))));
    try (RawClient client = new RawClient(store.endpoint())) {
      RawClient.Answer refused = client.send("GET", "/data-set/object.bin");

      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.headers()).containsEntry("retry-after", "3");
      assertThat(refused.text()).contains("<Code>ServiceUnavailable</Code>");
      assertThat(client.send("GET", "/data-set/object.bin").status()).isEqualTo(503);
      assertThat(client.send("GET", "/data-set/object.bin").body()).isEqualTo(content);
    }
    assertThat(get(new Fault.Status(429, Optional.empty())).status()).isEqualTo(429);
    assertThat(get(new Fault.Status(500, Optional.empty())).status()).isEqualTo(500);
    assertThat(store.statistics().snapshot().requests())
        .containsEntry("GET 503", 2L)
        .containsEntry("GET 200", 1L);
  }

  @Test
  void aResetCutsTheBody() throws Exception {
    RawClient.Answer answer = get(new Fault.ResetAfter(100_000));

    assertThat(answer.end()).isEqualTo(RawClient.End.RESET);
    assertThat(answer.declared()).isEqualTo(SIZE);
    assertThat(answer.body().length).isLessThanOrEqualTo(100_000);
  }

  @Test
  void aTruncatedBodyEndsInOrderThoughMoreWasPromised() throws Exception {
    RawClient.Answer answer = get(new Fault.TruncateAfter(100_000));

    assertThat(answer.end()).isEqualTo(RawClient.End.CLOSED_EARLY);
    assertThat(answer.declared()).isEqualTo(SIZE);
    assertThat(answer.body()).isEqualTo(part(0, 100_000));
    assertThat(store.statistics().bodyBytes()).isEqualTo(100_000);
  }

  @Test
  void aContentLengthMayPromiseTooMuchOrTooLittle() throws Exception {
    RawClient.Answer more = get(new Fault.LyingContentLength(10), "Range: bytes=0-99");
    assertThat(more.declared()).isEqualTo(110);
    assertThat(more.end()).isEqualTo(RawClient.End.CLOSED_EARLY);
    assertThat(more.body()).isEqualTo(part(0, 100));

    store.behaviour().faults(List.of(FaultRule.always("*", new Fault.LyingContentLength(-10))));
    try (RawClient client = new RawClient(store.endpoint())) {
      RawClient.Answer less = client.send("GET", "/data-set/object.bin", "Range: bytes=0-99");
      assertThat(less.body()).isEqualTo(part(0, 90));
      assertThat(client.rest()).isEqualTo(part(90, 100));
    }
  }

  @Test
  void aContentRangeMayLieAboutPlaceAndTotal() throws Exception {
    RawClient.Answer shifted = get(new Fault.LyingContentRange(5), "Range: bytes=10-19");
    assertThat(shifted.headers()).containsEntry("content-range", "bytes 15-24/" + SIZE);
    assertThat(shifted.body()).isEqualTo(part(10, 20));

    RawClient.Answer total = get(new Fault.WrongTotalLength(-1), "Range: bytes=10-19");
    assertThat(total.headers()).containsEntry("content-range", "bytes 10-19/" + (SIZE - 1));
  }

  @Test
  void aRangeMayBeIgnored() throws Exception {
    RawClient.Answer answer = get(new Fault.IgnoredRange(), "Range: bytes=10-19");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo(content);
  }

  @Test
  void oneByteMayBeCorrupt() throws Exception {
    byte[] body = get(new Fault.CorruptByte(200_000)).body();

    assertThat(Arrays.mismatch(body, content)).isEqualTo(200_000);
    assertThat(body[200_000]).isEqualTo((byte) ~content[200_000]);
    assertThat(Arrays.copyOfRange(body, 200_001, SIZE)).isEqualTo(part(200_001, SIZE));
  }

  @Test
  void anObjectMayChangeItsEtag() throws Exception {
    try (RawClient client = new RawClient(store.endpoint())) {
      String before = client.send("HEAD", "/data-set/object.bin").headers().get("etag");
      store.behaviour().faults(List.of(FaultRule.always("*", new Fault.ChangedEtag()).skipping(1)));

      assertThat(client.send("GET", "/data-set/object.bin").headers())
          .containsEntry("etag", before);
      assertThat(client.send("GET", "/data-set/object.bin").headers().get("etag"))
          .isNotEqualTo(before);
      assertThat(client.send("GET", "/data-set/object.bin", "If-Match: " + before).status())
          .isEqualTo(412);
    }
  }

  @Test
  void stallsAndLatencyAreWaitedFor() throws Exception {
    get(new Fault.StallBeforeHeaders(Duration.ofSeconds(30)));
    assertThat(pacing.waited()).isEqualTo(Duration.ofSeconds(30));
    RawClient.Answer stalled = get(new Fault.StallAfter(100_000, Duration.ofSeconds(40)));
    assertThat(pacing.waited()).isEqualTo(Duration.ofSeconds(70));
    assertThat(stalled.body()).isEqualTo(content);
    store.behaviour().limit(Limits.NONE.withLatency(Duration.ofSeconds(5)));
    get(new Fault.IgnoredRange());
    assertThat(pacing.waited()).isEqualTo(Duration.ofSeconds(75));
  }

  @Test
  void aProbabilityIsRepeatable() throws Exception {
    FaultRule rule = FaultRule.parse("data-set/*;status=500;probability=0.5;seed=11").skipping(0);
    StringBuilder first = new StringBuilder();
    StringBuilder second = new StringBuilder();
    try (RawClient client = new RawClient(store.endpoint())) {
      for (StringBuilder run : List.of(first, second)) {
        store.behaviour().faults(List.of(rule));
        for (int i = 0; i < 40; i++) {
          run.append(client.send("GET", "/data-set/object.bin").status()).append(' ');
        }
      }
    }
    assertThat(first.toString()).isEqualTo(second.toString()).contains("200").contains("500");
  }

  @Test
  void theControlEndpointSetsLimitsAndFaultsAndTellsCounts() throws Exception {
    try (RawClient client = new RawClient(store.endpoint())) {
      RawClient.Answer set =
          client.send(
              "PUT",
              "/-/behaviour?rate=46MB&latency=20ms&per-connection-rate=1MiB&max-concurrent=3"
                  + "&fault=data-set%2F*;truncate=10;first=1");
      assertThat(set.status()).isEqualTo(200);
      assertThat(store.behaviour().limits())
          .isEqualTo(new Limits(46_000_000, 1 << 20, Duration.ofMillis(20), 3));
      assertThat(store.behaviour().faults())
          .containsExactly(FaultRule.first(1, "data-set/*", new Fault.TruncateAfter(10)));
      assertThat(client.send("PUT", "/-/behaviour?speed=1").status()).isEqualTo(400);
      client.send("PUT", "/-/behaviour?fault=&rate=0&per-connection-rate=0&latency=0");
      client.send("GET", "/data-set/object.bin", "Range: bytes=0-999");

      assertThat(client.send("GET", "/-/statistics?objects=all").text())
          .contains("\"bodyBytes\": 1000", "\"GET 206\": 1", "\"data-set/object.bin\": 1000");
    }
  }

  @Test
  void aMalformedRequestIsRefusedAndTheServerLivesOn() throws Exception {
    try (RawClient client = new RawClient(store.endpoint())) {
      assertThat(client.send("GET", "/data-set/%zz").status()).isEqualTo(400);
    }
    try (RawClient client = new RawClient(store.endpoint())) {
      assertThat(client.send("GET", "/data-set/../secret").status()).isEqualTo(400);
      assertThat(client.send("GET", "/data-set/%2e%2e/secret").status()).isEqualTo(400);
      assertThat(client.send("GET", "/data-set/object.bin").status()).isEqualTo(200);
      assertThat(client.send("GET", "/data-set/object.bin/below").status()).isEqualTo(404);
      assertThat(client.send("GET", "/nothing/object.bin").text()).contains("NoSuchBucket");
    }
  }
}
