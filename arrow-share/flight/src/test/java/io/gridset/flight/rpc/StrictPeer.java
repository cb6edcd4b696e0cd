package io.gridset.flight.rpc;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;

/// A client of HTTP/2 that speaks in frames and allows what gRPC's C core allows: what its settings
/// say counts from the moment that their acknowledgement has arrived, and a byte more than a
/// window, or than a frame, is an error. For one thread.
final class StrictPeer implements AutoCloseable {
  static final int INITIAL_WINDOW = 65_535;
  static final int FRAME_LEAST = 16_384;

  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RESET = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GO_AWAY = 7;
  private static final int WINDOW_UPDATE = 8;
  private static final int ACK_OR_END_STREAM = 1;
  private static final int END_HEADERS = 4;
  private static final int SETTING_INITIAL_WINDOW = 4;
  private static final int SETTING_FRAME_MOST = 5;

  /// Few, so that the node has to wait for a peer that does not read.
  private static final int RECEIVE_BYTES = 64 << 10;

  /// Long enough for the slowest machine; only a stall waits for so long.
  private static final int PATIENCE_MILLIS = 90_000;

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;
  private final Map<Integer, Call> calls = new LinkedHashMap<>();
  private final Queue<Limits> unacknowledged = new ArrayDeque<>();
  private Limits limits = new Limits(INITIAL_WINDOW, FRAME_LEAST);
  private Limits announced = limits;
  private int nextId = 1;
  private int pings;
  private int pongs;

  /// @param window of each stream, in bytes
  /// @param frame the most that a frame may bear, in bytes
  record Limits(int window, int frame) {}

  /// A call, and what came in answer to it.
  final class Call {
    private final int id;
    private long received;
    private long granted;
    private boolean ended;

    private Call(int id) {
      this.id = id;
    }

    long received() {
      return received;
    }

    boolean ended() {
      return ended;
    }

    /// What may still be sent to it; below zero when the windows were made smaller.
    long window() {
      return limits.window() + granted - received;
    }

    /// Enlarges the window of this call alone.
    void grant(int bytes) throws IOException {
      granted += bytes;
      frame(WINDOW_UPDATE, 0, id, ByteBuffer.allocate(4).putInt(bytes));
    }
  }

  /// Connects, and leaves the connection's own window out of the play.
  StrictPeer(int port, Limits first) throws IOException {
    socket = new Socket();
    socket.setReceiveBufferSize(RECEIVE_BYTES);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.setTcpNoDelay(true);
    in = new DataInputStream(socket.getInputStream());
    out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
    out.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    announce(first);
    ByteBuffer all = ByteBuffer.allocate(4).putInt(Integer.MAX_VALUE - INITIAL_WINDOW);
    frame(WINDOW_UPDATE, 0, 0, all);
  }

  /// Sends settings that change nothing, and are acknowledged like others.
  void announceNothing() throws IOException {
    unacknowledged.add(announced);
    frame(SETTINGS, 0, 0, ByteBuffer.allocate(0));
  }

  /// Sends settings, which do not count before they are acknowledged.
  void announce(Limits next) throws IOException {
    announced = next;
    unacknowledged.add(next);
    ByteBuffer body = ByteBuffer.allocate(12);
    body.putShort((short) SETTING_INITIAL_WINDOW).putInt(next.window());
    body.putShort((short) SETTING_FRAME_MOST).putInt(next.frame());
    frame(SETTINGS, 0, 0, body);
  }

  /// Calls a method with an empty request.
  Call call(String method) throws IOException {
    ByteBuffer head = ByteBuffer.allocate(64 + method.length());
    head.put((byte) 0x83).put((byte) 0x86); // POST, http: HPACK's static table.
    head.put((byte) 0x01).put((byte) 1).put((byte) 'h'); // :authority
    head.put((byte) 0x04).put((byte) method.length()); // :path
    head.put(method.getBytes(StandardCharsets.US_ASCII));
    Call call = new Call(nextId);
    nextId += 2;
    calls.put(call.id, call);
    frame(HEADERS, ACK_OR_END_STREAM | END_HEADERS, call.id, head);
    return call;
  }

  /// Reads until the node has seen all that was sent so far. It may have more to send meanwhile.
  void exchange() throws IOException {
    pings++;
    frame(PING, 0, 0, ByteBuffer.allocate(8).putLong(pings));
    while (pongs < pings) {
      readFrame();
    }
  }

  /// Reads until all settings are acknowledged and nothing more may be sent to calls that have not
  /// ended. A window that the node forgot keeps this waiting, one that it counted twice is an
  /// error.
  void exhaust() throws IOException {
    while (!unacknowledged.isEmpty()
        || calls.values().stream().anyMatch(call -> !call.ended && call.window() > 0)) {
      readFrame();
    }
  }

  /// Reads until the next settings are acknowledged.
  void awaitAcknowledgement() throws IOException {
    int before = unacknowledged.size();
    while (unacknowledged.size() == before) {
      readFrame();
    }
  }

  /// @throws IOException with a stall, or with the end of the connection
  /// @throws AssertionError when more came than was allowed
  private void readFrame() throws IOException {
    int first = in.readInt();
    int length = first >>> 8;
    int type = first & 0xff;
    int flags = in.readUnsignedByte();
    Call call = calls.get(in.readInt());
    byte[] body = in.readNBytes(length);
    if (length > limits.frame()) {
      throw new AssertionError("a frame of " + length + " bytes with " + limits);
    }
    switch (type) {
      case DATA -> take(call, body);
      case SETTINGS -> settings(flags);
      case PING -> pongs++;
      case RESET, GO_AWAY -> {
        String code = new BigInteger(1, body).toString(16);
        throw new IOException("the node gave up: frame " + type + " with " + code);
      }
      default -> {}
    }
    if ((type == DATA || type == HEADERS) && (flags & ACK_OR_END_STREAM) != 0) {
      call.ended = true;
    }
  }

  private void take(Call call, byte[] body) {
    if (body.length > call.window()) {
      throw new AssertionError(
          "frame of size " + body.length + " overflows local window of " + call.window());
    }
    call.received += body.length;
  }

  private void settings(int flags) throws IOException {
    if ((flags & ACK_OR_END_STREAM) != 0) {
      limits = unacknowledged.remove();
    } else {
      frame(SETTINGS, ACK_OR_END_STREAM, 0, ByteBuffer.allocate(0));
    }
  }

  private void frame(int type, int flags, int stream, ByteBuffer body) throws IOException {
    body.flip();
    out.writeInt(body.remaining() << 8 | type);
    out.writeByte(flags);
    out.writeInt(stream);
    out.write(body.array(), 0, body.remaining());
    out.flush();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
