package io.gridset.flight.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.flight.rpc.StrictPeer.Call;
import io.gridset.flight.rpc.StrictPeer.Limits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a client allows is never exceeded and always used, by a client that counts as gRPC's does.
class FlowControlTest {
  private static final int MESSAGE_BYTES = 8 << 20;

  /// With the five bytes before a message.
  private static final long ANSWER_BYTES = MESSAGE_BYTES + 5;

  private static final int WIDE = 1 << 28;

  private final Semaphore marks = new Semaphore(0);
  private RpcServer server;

  @BeforeEach
  void start() throws IOException {
    ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE_BYTES);
    server =
        new RpcServer(
            new RpcServer.Address("127.0.0.1", 0),
            Optional.empty(),
            call -> {
              if (call.method().equals("/mark")) {
                marks.release();
              } else {
                call.send(List.of(message.duplicate()));
              }
            });
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void largerWindowsAreUsedOnceTheClientHasBeenTold() throws IOException {
    try (StrictPeer peer = new StrictPeer(server.port(), new Limits(1000, 16_384))) {
      peer.awaitAcknowledgement();
      Call call = peer.call("/get");
      peer.exhaust();
      assertThat(call.received()).isEqualTo(1000);

      peer.announce(new Limits(50_000, 16_384));
      peer.exhaust();
      assertThat(call.received()).isEqualTo(50_000);
      peer.announce(new Limits(WIDE, 16_384));
      Call other = peer.call("/get");
      peer.exhaust();
      assertThat(List.of(call.received(), other.received()))
          .containsExactly(ANSWER_BYTES, ANSWER_BYTES);
    }
  }

  /// Data waits for a client that does not read when the larger frames are announced.
  @Test
  void largerFramesAreUsedOnceTheClientHasBeenTold() throws Exception {
    try (StrictPeer peer = new StrictPeer(server.port(), new Limits(1000, 16_384))) {
      peer.awaitAcknowledgement();
      List<Call> calls = new ArrayList<>();
      for (int call = 0; call < 4; call++) {
        calls.add(peer.call("/get"));
      }
      peer.exhaust();
      for (Call call : calls) {
        call.grant(WIDE);
      }
      peer.announce(new Limits(1000, 1 << 20));
      peer.call("/mark");
      assertThat(marks.tryAcquire(90, TimeUnit.SECONDS)).as("the node has read all").isTrue();
      peer.exhaust();
      assertThat(calls).allMatch(call -> call.received() == ANSWER_BYTES);
    }
  }

  @Test
  void smallerWindowsCountAtOnce() throws IOException {
    try (StrictPeer peer = new StrictPeer(server.port(), new Limits(40_000, 16_384))) {
      Call call = peer.call("/get");
      peer.exhaust();
      peer.announce(new Limits(10_000, 16_384));
      peer.awaitAcknowledgement();
      call.grant(30_001);
      peer.exhaust();
      assertThat(call.received()).isEqualTo(40_001);
      peer.announce(new Limits(WIDE, 16_384));
      peer.exhaust();
      assertThat(call.received()).isEqualTo(ANSWER_BYTES);
    }
  }

  @Test
  void settingsMayChangeAnyNumberOfTimes() throws IOException {
    try (StrictPeer peer = new StrictPeer(server.port(), new Limits(0, 16_384))) {
      Call call = peer.call("/get");
      for (int window = 1; window <= 200; window++) {
        peer.announce(new Limits(window, 16_384 + window));
        peer.awaitAcknowledgement();
      }
      peer.exhaust();
      assertThat(call.received()).isEqualTo(200);
    }
  }

  /// Windows and frames that grow and shrink, several at a time, while calls begin and run.
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void whateverIsAnnouncedIsKeptToAndUsedUp(long seed) throws IOException {
    Random random = new Random(seed);
    try (StrictPeer peer = new StrictPeer(server.port(), limits(random))) {
      List<Call> calls = new ArrayList<>();
      for (int step = 0; step < 150; step++) {
        switch (random.nextInt(8)) {
          case 0 -> calls.add(peer.call("/get"));
          case 1, 2 -> grant(calls, random);
          case 3 -> peer.exhaust();
          case 4 -> peer.announceNothing();
          default -> peer.announce(limits(random));
        }
        if (random.nextBoolean()) {
          peer.exchange();
        }
      }
      peer.exhaust();
      peer.announce(new Limits(WIDE, 16_384));
      calls.add(peer.call("/get"));
      peer.exhaust();
      assertThat(calls).allMatch(call -> call.received() == ANSWER_BYTES);
    }
  }

  private static void grant(List<Call> calls, Random random) throws IOException {
    if (!calls.isEmpty()) {
      calls.get(random.nextInt(calls.size())).grant(1 + random.nextInt(100_000));
    }
  }

  private static Limits limits(Random random) {
    int window = random.nextInt(4) == 0 ? 0 : random.nextInt(200_000);
    return new Limits(window, StrictPeer.FRAME_LEAST + random.nextInt(200_000));
  }
}
