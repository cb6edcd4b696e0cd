package io.gridset.server.peer;

import static io.gridset.server.peer.PeersFixture.PATIENCE;
import static io.gridset.server.peer.PeersFixture.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.client.channel.DeadlineWatch;
import io.gridset.client.peer.BlockExchange;
import io.gridset.client.peer.BlockReply;
import io.gridset.client.peer.PeerAddress;
import io.gridset.client.peer.Peers;
import io.gridset.client.wire.Frame;
import io.gridset.client.wire.FrameType;
import io.gridset.client.wire.FrameWriter;
import io.gridset.client.wire.Wire;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Members that break off, fall silent or talk nonsense: whoever asks learns which, in time.
@Timeout(60)
class HostileMemberTest {
  private static final Duration SHORT = Duration.ofMillis(300);

  private final DeadlineWatch watch = new DeadlineWatch(Ticker.system(), "hostile-deadlines");
  private final CountDownLatch end = new CountDownLatch(1);
  private final Peers peers = PeersFixture.peers();
  private ServerSocketChannel listener;
  private PeerAddress address;

  /// What a member does instead of answering.
  private interface Deed {
    void to(Wire wire) throws IOException, InterruptedException;
  }

  @BeforeEach
  void listen() throws IOException {
    listener =
        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    address =
        new PeerAddress("127.0.0.1", ((InetSocketAddress) listener.getLocalAddress()).getPort());
  }

  @AfterEach
  void stop() throws IOException {
    end.countDown();
    peers.close();
    listener.close();
    watch.close();
  }

  private void onQuestion(Deed deed) {
    Doorkeeper doorkeeper =
        new Doorkeeper(PeersFixture.settings(null, null), InstantSource.system());
    Wire.Terms terms = new Wire.Terms(watch, null, PATIENCE);
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                while (true) {
                  SocketChannel channel = listener.accept();
                  try (Wire wire = Wire.accept(channel, terms)) {
                    doorkeeper.greet(wire);
                    Frame question = wire.await(PATIENCE);
                    assertThat(question.type()).isIn(FrameType.BLOCK, FrameType.PING);
                    deed.to(wire);
                  }
                }
              } catch (IOException | InterruptedException e) {
                // The test is over.
                assertThat(e).isNotNull();
              }
            });
  }

  private static ByteBuffer coming(int length) {
    return FrameWriter.of(FrameType.COMING).writeInt(length).writeInt(0).finish();
  }

  private static void send(Wire wire, ByteBuffer... bytes) throws StorageException {
    wire.write(bytes, PATIENCE, PATIENCE);
  }

  @Test
  void aBlockThatBreaksOffIsUnavailable() throws StorageException {
    onQuestion(wire -> send(wire, coming(1000), ByteBuffer.allocate(999)));
    try (BlockExchange exchange = peers.ask(address, FakePeerService.request(1000), PATIENCE)) {
      assertThat(exchange.next(PATIENCE)).isInstanceOf(BlockReply.Coming.class);
      assertFails(Kind.UNAVAILABLE, () -> exchange.receive(bytes -> {}, PATIENCE));
    }
  }

  @Test
  void aBlockThatStallsIsTimedOut() throws StorageException {
    onQuestion(
        wire -> {
          send(wire, coming(1000), ByteBuffer.allocate(999));
          end.await();
        });
    try (BlockExchange exchange = peers.ask(address, FakePeerService.request(1000), PATIENCE)) {
      assertThat(exchange.next(PATIENCE)).isInstanceOf(BlockReply.Coming.class);
      assertFails(Kind.TIMED_OUT, () -> exchange.receive(bytes -> {}, SHORT));
    }
  }

  @Test
  void whoHangsUpWithoutAnAnswerIsUnavailable() throws StorageException {
    onQuestion(_ -> {});
    try (BlockExchange exchange = peers.ask(address, FakePeerService.request(1000), PATIENCE)) {
      assertFails(Kind.UNAVAILABLE, () -> exchange.next(PATIENCE));
    }
    assertFails(Kind.UNAVAILABLE, () -> peers.ping(address, PATIENCE));
  }

  @Test
  void aPingThatIsNotAnsweredIsTimedOut() {
    onQuestion(_ -> end.await());
    assertFails(Kind.TIMED_OUT, () -> peers.ping(address, SHORT));
  }

  @Test
  void whatIsNotTheProtocolIsCorrupt() throws StorageException {
    onQuestion(
        wire -> send(wire, StandardCharsets.US_ASCII.encode("HTTP/1.1 400 Bad Request\r\n\r\n")));
    try (BlockExchange exchange = peers.ask(address, FakePeerService.request(1000), PATIENCE)) {
      assertFails(Kind.CORRUPT, () -> exchange.next(PATIENCE));
    }
  }

  @Test
  void aLengthBeyondTheLimitIsCorruptAndCostsNoMemory() throws StorageException {
    onQuestion(
        wire -> send(wire, ByteBuffer.allocate(5).putInt(Integer.MAX_VALUE).put((byte) 12).flip()));
    try (BlockExchange exchange = peers.ask(address, FakePeerService.request(1000), PATIENCE)) {
      assertFails(Kind.CORRUPT, () -> exchange.next(PATIENCE));
    }
  }

  @Test
  void aBlockOfAnotherLengthIsCorrupt() throws StorageException {
    onQuestion(wire -> send(wire, coming(1001), ByteBuffer.allocate(1001)));
    try (BlockExchange exchange = peers.ask(address, FakePeerService.request(1000), PATIENCE)) {
      assertFails(Kind.CORRUPT, () -> exchange.next(PATIENCE));
    }
  }

  @Test
  void aFrameThatComesByteByByteIsTakenTogether() throws StorageException {
    CountDownLatch silentOnce = new CountDownLatch(1);
    onQuestion(
        wire -> {
          ByteBuffer frame = coming(3);
          send(wire, frame.slice(0, 7));
          silentOnce.await();
          send(wire, frame.slice(7, frame.limit() - 7), ByteBuffer.wrap(new byte[] {1, 2, 3}));
          end.await();
        });
    try (BlockExchange exchange = peers.ask(address, FakePeerService.request(3), PATIENCE)) {
      assertThat(exchange.next(SHORT)).isInstanceOf(BlockReply.Silent.class);
      silentOnce.countDown();
      assertThat(exchange.next(PATIENCE)).isInstanceOf(BlockReply.Coming.class);
      assertThat(PeersFixture.receive(exchange)).containsExactly(1, 2, 3);
    }
  }

  @Test
  void whoAcceptsAndSaysNothingIsUnavailable() {
    // Nobody takes the connection from the kernel's queue, as with a process that is stopped.
    assertFails(Kind.UNAVAILABLE, () -> peers.ask(address, FakePeerService.request(1000), SHORT));
    assertFails(Kind.UNAVAILABLE, () -> peers.ping(address, SHORT));
  }
}
