package io.gridset.client.peer;

import io.gridset.client.wire.Frame;
import io.gridset.client.wire.FrameType;
import io.gridset.client.wire.FrameWriter;
import io.gridset.client.wire.Wire;
import io.gridset.core.store.RangeSink;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.ByteBuffer;
import java.time.Duration;

/// A request for a block, as its answers come.
final class BlockConversation implements BlockExchange {
  private final PeerExchange exchange;
  private final ReceiveBuffers buffers;
  private final BlockRequest request;
  private int coming;

  BlockConversation(PeerExchange exchange, ReceiveBuffers buffers, BlockRequest request) {
    this.exchange = exchange;
    this.buffers = buffers;
    this.request = request;
  }

  @Override
  public BlockReply next(Duration patience) throws StorageException {
    Frame frame = exchange.poll(patience);
    if (frame == null) {
      return new BlockReply.Silent();
    }
    return switch (frame.type()) {
      case AT_IT -> new BlockReply.AtIt();
      case COMING -> coming(frame);
      case ELSEWHERE -> {
        BlockReply reply = new BlockReply.Elsewhere(frame.readText());
        exchange.end();
        yield reply;
      }
      case NOT_HELD -> {
        exchange.end();
        yield new BlockReply.NotHeld();
      }
      case REFUSED -> {
        BlockReply reply = new BlockReply.Refused(exchange.refusal(frame));
        exchange.end();
        yield reply;
      }
      case HELLO,
          CHALLENGE,
          PROOF,
          WELCOME,
          BLOCK,
          TAKEN,
          PRESENCE,
          PRESENT,
          PING,
          PONG,
          CALL,
          ANSWER ->
          throw frame.unexpected();
    };
  }

  private BlockReply coming(Frame frame) throws StorageException {
    int announced = frame.readInt();
    int length = request.length();
    if (announced != length) {
      throw StorageException.of(
          Kind.CORRUPT, "a block of " + length + " bytes was announced as " + announced);
    }
    coming = length;
    return new BlockReply.Coming(announced, frame.readInt());
  }

  @Override
  public void receive(RangeSink sink, Duration stall) throws StorageException {
    Wire wire = exchange.wire();
    ByteBuffer buffer = buffers.borrow(coming);
    try {
      while (coming > 0) {
        buffer.clear().limit(Math.min(buffer.capacity(), coming));
        read(wire, buffer, stall);
        coming -= buffer.flip().remaining();
        if (coming == 0) {
          end();
        }
        sink.accept(buffer);
      }
    } finally {
      buffers.giveBack(buffer);
    }
  }

  private void end() {
    if (!request.copyAt().isEmpty()) {
      exchange.partWith(FrameWriter.bare(FrameType.TAKEN));
    }
    exchange.end();
  }

  private void read(Wire wire, ByteBuffer buffer, Duration stall) throws StorageException {
    try {
      wire.readFully(buffer, stall);
    } catch (StorageException e) {
      throw exchange.isClosed() ? PeerExchange.closed(e) : e;
    }
  }

  @Override
  public void close() {
    exchange.close();
  }
}
