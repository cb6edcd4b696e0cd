package io.gridset.client.wire;

import org.jspecify.annotations.Nullable;

/// The kinds of frames. On the wire a frame is four bytes with the number of bytes that follow
/// (big-endian, as all numbers are), one byte with the kind, and the body; after a [#COMING] the
/// block's bytes follow as they are. Each kind has a limit of its own: whoever sends more is no
/// member.
public enum FrameType {
  /// Client: magic, version, cluster, claims, nonce.
  HELLO(1, 8 << 10),
  /// Server: nonce, proof.
  CHALLENGE(2, 256),
  /// Client: proof.
  PROOF(3, 256),
  /// Server: come in.
  WELCOME(4, 256),
  /// Server: a failure; kind, whether a retry may help, message. After a greeting it ends the
  /// connection, as an answer it does not.
  REFUSED(5, 8 << 10),

  /// Client: a request for one block.
  BLOCK(10, 32 << 10),
  /// Server: length and CRC32C; the bytes follow.
  COMING(11, 8),
  /// Server: at it.
  AT_IT(12, 0),
  /// Server: the id of a member that has got it.
  ELSEWHERE(13, 1 << 10),
  /// Server: not here.
  NOT_HELD(14, 0),
  /// Client: it has got the block and keeps a copy. Only after a request that named where; no
  /// answer.
  TAKEN(15, 0),

  /// Client: a file version.
  PRESENCE(20, 16),
  /// Server: two bit sets. A bit for each 4 MiB of 100 TiB in each.
  PRESENT(21, 8 << 20),
  PING(22, 0),
  PONG(23, 0),
  /// Client: an operation's name and at most 1 MiB.
  CALL(24, (1 << 20) + 256),
  /// Server: at most 64 MiB.
  ANSWER(25, 64 << 20);

  private static final FrameType[] BY_CODE = new FrameType[32];

  static {
    for (FrameType type : values()) {
      BY_CODE[type.code] = type;
    }
  }

  final int code;
  private final int limit;

  FrameType(int code, int limit) {
    this.code = code;
    this.limit = limit;
  }

  /// Most bytes of a body.
  public int limit() {
    return limit;
  }

  static @Nullable FrameType of(int code) {
    return code < 0 || code >= BY_CODE.length ? null : BY_CODE[code];
  }
}
