package io.gridset.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.core.block.ByteRange;
import io.gridset.core.dataset.MountDefinition;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.store.UnderStore;
import io.gridset.localstore.behaviour.Fault;
import io.gridset.localstore.behaviour.FaultRule;
import io.gridset.localstore.behaviour.Limits;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// An origin that misbehaves in every way that the local store knows. The tolerance: the right
/// bytes, or a StorageException that says why, within the deadline; never other bytes, never fewer.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FaultyOriginTest {
  private static final int SIZE = 4 << 20;
  private static final byte[] CONTENT = UnderStoreContractTest.bytes(SIZE, 60);
  private static final ByteRange PART = new ByteRange(123_457, 3_000_000);

  /// The settings' deadlines (4 s of attempts and 3 s for the bytes, 5 s for the last one) and a
  /// busy machine.
  private static final Duration BOUND = Duration.ofMinutes(1);

  private LocalStoreFixture fixture;
  private UnderStore store;
  private ObjectIdentity identity;

  @BeforeAll
  void start() throws Exception {
    fixture = new LocalStoreFixture(settings -> settings);
    fixture.put("file", CONTENT);
    MountDefinition mount =
        Mounts.mount(
            "oss://" + LocalStoreFixture.BUCKET,
            Map.of("fs.oss.endpoint", fixture.store().endpoint().toString()),
            Map.of(
                "fs.oss.accessKeyId",
                LocalStoreFixture.KEY_ID,
                "fs.oss.accessKeySecret",
                LocalStoreFixture.SECRET));
    store = Mounts.open(mount);
    identity = store.head("file").orElseThrow();
  }

  @AfterAll
  void stop() throws Exception {
    store.close();
    fixture.close();
  }

  @BeforeEach
  void behave() {
    fixture.store().behaviour().faults(List.of());
    fixture.store().behaviour().limit(Limits.NONE);
  }

  private byte[] readPart() throws StorageException {
    return UnderStoreContractTest.read(store, "file", identity, PART);
  }

  private static byte[] part() {
    return Arrays.copyOfRange(CONTENT, (int) PART.offset(), (int) PART.end());
  }

  static Stream<Arguments> faults() {
    Optional<Duration> soon = Optional.of(Duration.ofSeconds(1));
    return Stream.of(
        Arguments.of(new Fault.Status(500, Optional.empty()), Kind.UNAVAILABLE),
        Arguments.of(new Fault.Status(503, Optional.empty()), Kind.THROTTLED),
        Arguments.of(new Fault.Status(429, soon), Kind.THROTTLED),
        Arguments.of(new Fault.ResetAfter(0), Kind.UNAVAILABLE),
        Arguments.of(new Fault.ResetAfter(100_000), null),
        Arguments.of(new Fault.TruncateAfter(0), Kind.UNAVAILABLE),
        Arguments.of(new Fault.TruncateAfter(1_000_000), null),
        Arguments.of(new Fault.LyingContentLength(-1), Kind.CORRUPT),
        Arguments.of(new Fault.LyingContentLength(1), Kind.CORRUPT),
        Arguments.of(new Fault.LyingContentRange(1), Kind.CORRUPT),
        Arguments.of(new Fault.LyingContentRange(-1), Kind.CORRUPT),
        Arguments.of(new Fault.WrongTotalLength(10), Kind.CORRUPT),
        Arguments.of(new Fault.StallBeforeHeaders(Duration.ofSeconds(60)), Kind.TIMED_OUT),
        Arguments.of(new Fault.StallAfter(0, Duration.ofSeconds(60)), Kind.TIMED_OUT),
        Arguments.of(new Fault.ChangedEtag(), Kind.CHANGED),
        Arguments.of(new Fault.IgnoredRange(), null));
  }

  /// @param kind of the failure when the fault never ends; null when resuming gets through it
  @ParameterizedTest
  @MethodSource("faults")
  void aFaultThatNeverEndsEndsInBoundedTime(Fault fault, Kind kind) throws Exception {
    fixture.store().behaviour().faults(List.of(FaultRule.always("*", fault)));
    Instant start = Instant.now();
    if (kind == null) {
      assertThat(readPart()).isEqualTo(part());
    } else {
      assertThatThrownBy(this::readPart)
          .isInstanceOfSatisfying(
              StorageException.class,
              e -> {
                assertThat(e.kind()).isEqualTo(kind);
                assertThat(e.retryable()).isFalse();
              })
          .hasMessageContaining("file")
          .hasMessageNotContainingAny("Signature", LocalStoreFixture.SECRET);
    }
    assertThat(Duration.between(start, Instant.now())).isLessThan(BOUND);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aFaultThatPassesIsRiddenOut(Fault fault, Kind kind) throws Exception {
    fixture.store().behaviour().faults(List.of(FaultRule.first(2, "*", fault)));
    if (kind == Kind.CHANGED) {
      assertThatThrownBy(this::readPart).hasMessageContaining("replaced by another version");
    } else {
      assertThat(readPart()).isEqualTo(part());
    }
  }

  @Test
  void aResumedReadAsksOnlyForTheRest() throws Exception {
    fixture
        .store()
        .behaviour()
        .faults(List.of(FaultRule.first(3, "*", new Fault.TruncateAfter(1 << 20))));
    fixture.store().statistics().reset();
    assertThat(readPart()).isEqualTo(part());
    assertThat(fixture.store().statistics().bodyBytes()).isLessThan(PART.length() + (1 << 20));
  }

  @Test
  void aRetryAfterBeyondTheDeadlineFailsAtOnceAndSaysSo() {
    Fault far = new Fault.Status(503, Optional.of(Duration.ofMinutes(5)));
    fixture.store().behaviour().faults(List.of(FaultRule.always("*", far)));
    Instant start = Instant.now();
    assertThatThrownBy(this::readPart)
        .isInstanceOfSatisfying(
            StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.THROTTLED))
        .hasMessageContaining("beyond the deadline");
    assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofMinutes(1));
  }

  @Test
  void aRetryAfterIsHonoured() throws Exception {
    Fault wait = new Fault.Status(429, Optional.of(Duration.ofSeconds(1)));
    fixture.store().behaviour().faults(List.of(FaultRule.first(1, "*", wait)));
    Instant start = Instant.now();
    assertThat(readPart()).isEqualTo(part());
    assertThat(Duration.between(start, Instant.now())).isGreaterThan(Duration.ofMillis(990));
  }

  @Test
  void aSlowConnectionThatKeepsComingIsWaitedFor() throws Exception {
    fixture.store().behaviour().limit(Limits.NONE.withConnectionBytesPerSecond(4 << 20));
    assertThat(readPart()).isEqualTo(part());
  }

  @Test
  void closingAndInterruptingEndAReadAtOnce() throws Exception {
    Fault silence = new Fault.StallAfter(2_500_000, Duration.ofMinutes(10));
    fixture.store().behaviour().faults(List.of(FaultRule.always("*", silence)));
    MountDefinition mount =
        Mounts.mount(
            "oss://" + LocalStoreFixture.BUCKET,
            Map.of("fs.oss.endpoint", fixture.store().endpoint().toString()),
            Map.of(
                "fs.oss.accessKeyId",
                LocalStoreFixture.KEY_ID,
                "fs.oss.accessKeySecret",
                LocalStoreFixture.SECRET));
    for (String way : List.of("close", "interrupt")) {
      UnderStore patient = new UnderStores(StoreSettings.defaults()).open(mount);
      CompletableFuture<Kind> outcome = new CompletableFuture<>();
      CountDownLatch begun = new CountDownLatch(1);
      Thread reader =
          Thread.ofVirtual()
              .start(
                  () ->
                      outcome.complete(
                          UnderStoreContractTest.kindOf(
                              () -> {
                                patient.read(
                                    "file",
                                    identity,
                                    PART,
                                    piece -> {
                                      piece.position(piece.limit());
                                      begun.countDown();
                                    });
                                return null;
                              })));
      assertThat(begun.await(1, TimeUnit.MINUTES)).isTrue();
      if (way.equals("close")) {
        patient.close();
      } else {
        reader.interrupt();
      }
      assertThat(outcome.get(1, TimeUnit.MINUTES)).as(way).isEqualTo(Kind.CANCELLED);
      patient.close();
    }
  }

  @Test
  void aDripIsGivenUp() {
    fixture.store().behaviour().limit(Limits.NONE.withConnectionBytesPerSecond(20_000));
    Instant start = Instant.now();
    assertThatThrownBy(this::readPart)
        .isInstanceOfSatisfying(
            StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.TIMED_OUT))
        .hasMessageContaining("deadline");
    assertThat(Duration.between(start, Instant.now())).isLessThan(BOUND);
  }

  @Test
  void faultsOfListsAndHeadsAreRiddenOutToo() throws Exception {
    Fault broken = new Fault.Status(500, Optional.empty());
    fixture
        .store()
        .behaviour()
        .faults(
            List.of(
                FaultRule.first(2, "*", broken).forMethod("HEAD"),
                FaultRule.first(2, "*", broken)));
    assertThat(store.head("file")).contains(identity);
    assertThat(UnderStoreContractTest.list(store, "")).hasSize(1);
  }
}
