package io.gridset.client.peer;

import io.gridset.client.peer.PeerConnection.Lane;
import io.gridset.client.wire.FrameType;
import io.gridset.client.wire.FrameWriter;
import io.gridset.core.block.FileVersion;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import java.nio.ByteBuffer;
import java.time.Duration;

/// Asks members over TCP, plain or under TLS. Memory is bounded: large buffers are few and shared.
public final class PeerClient implements Peers {
  /// Most bytes of a call's request.
  private static final int CALL_LIMIT = 1 << 20;

  private final PeerPool pool;
  private final ReceiveBuffers buffers = new ReceiveBuffers();

  public PeerClient(PeerClientSettings settings, Ticker ticker) {
    this.pool = new PeerPool(settings, ticker);
  }

  @Override
  public BlockExchange ask(PeerAddress member, BlockRequest request, Duration patience)
      throws StorageException {
    ByteBuffer question = PeerCodec.encode(request);
    PeerExchange exchange = PeerExchange.start(pool, member, Lane.BLOCKS, question, patience);
    return new BlockConversation(exchange, buffers, request);
  }

  @Override
  public Presence presence(PeerAddress member, FileVersion version, Duration patience)
      throws StorageException {
    long deadline = deadline(patience);
    ByteBuffer question = PeerCodec.encodePresence(version);
    try (PeerExchange exchange = PeerExchange.start(pool, member, Lane.SIGNS, question, patience)) {
      return PeerCodec.decodePresent(exchange.answer(FrameType.PRESENT, left(deadline)));
    }
  }

  @Override
  public void ping(PeerAddress member, Duration patience) throws StorageException {
    long deadline = deadline(patience);
    ByteBuffer question = FrameWriter.bare(FrameType.PING);
    try (PeerExchange exchange = PeerExchange.start(pool, member, Lane.SIGNS, question, patience)) {
      exchange.answer(FrameType.PONG, left(deadline)).end();
    }
  }

  @Override
  public byte[] call(PeerAddress member, String operation, byte[] request, Duration patience)
      throws StorageException {
    if (request.length > CALL_LIMIT) {
      throw StorageException.of(
          Kind.INVALID, operation + ": a request of " + request.length + " bytes is too long");
    }
    long deadline = deadline(patience);
    ByteBuffer question = PeerCodec.encodeCall(operation, request);
    try (PeerExchange exchange = PeerExchange.start(pool, member, Lane.CALLS, question, patience)) {
      return exchange.answer(FrameType.ANSWER, left(deadline)).readRest();
    }
  }

  private long deadline(Duration patience) {
    return pool.ticker().nanos() + patience.toNanos();
  }

  private Duration left(long deadline) {
    return Duration.ofNanos(Math.max(1, deadline - pool.ticker().nanos()));
  }

  @Override
  public void close() {
    pool.close();
  }
}
