package io.gridset.client.wire;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// Puts a frame together. For one thread, used once.
public final class FrameWriter {
  static final int HEADER_BYTES = Integer.BYTES + 1;

  private final FrameType type;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream(128);

  private FrameWriter(FrameType type) {
    this.type = type;
    writeInt(0);
    body.write(type.code);
  }

  public static FrameWriter of(FrameType type) {
    return new FrameWriter(type);
  }

  /// A frame without a body.
  public static ByteBuffer bare(FrameType type) {
    return new FrameWriter(type).finish();
  }

  public FrameWriter writeByte(int value) {
    body.write(value);
    return this;
  }

  public FrameWriter writeInt(int value) {
    body.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(value).array());
    return this;
  }

  public FrameWriter writeLong(long value) {
    body.writeBytes(ByteBuffer.allocate(Long.BYTES).putLong(value).array());
    return this;
  }

  public FrameWriter writeBytes(byte[] bytes) {
    writeInt(bytes.length);
    body.writeBytes(bytes);
    return this;
  }

  public FrameWriter writeText(String text) {
    return writeBytes(text.getBytes(StandardCharsets.UTF_8));
  }

  /// The last part, whose length the frame tells.
  public FrameWriter writeRest(byte[] bytes) {
    body.writeBytes(bytes);
    return this;
  }

  /// The whole frame, to be sent.
  ///
  /// @throws IllegalArgumentException when it is longer than its kind may be
  public ByteBuffer finish() {
    ByteBuffer frame = ByteBuffer.wrap(body.toByteArray());
    int length = frame.remaining() - HEADER_BYTES;
    if (length > type.limit()) {
      throw new IllegalArgumentException(
          "a " + type + " frame of " + length + " bytes; " + type.limit() + " are allowed");
    }
    return frame.putInt(0, frame.remaining() - Integer.BYTES);
  }
}
