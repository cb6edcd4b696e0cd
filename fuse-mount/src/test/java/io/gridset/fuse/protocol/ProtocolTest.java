package io.gridset.fuse.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/// Layouts and refusals that no ordinary program provokes.
final class ProtocolTest {
  @Test
  void modifyingRequestsAreChangesAndUnknownOnesAreRefused() throws Exception {
    for (int opcode : new int[] {4, 6, 8, 9, 10, 11, 12, 13, 16, 21, 24, 35, 43, 45, 47, 51}) {
      assertThat(parse(request(opcode, 128))).isInstanceOf(Request.Change.class);
    }
    assertThat(parse(request(46, 8))).isEqualTo(new Request.Refused(Errno.ENOSYS));
    assertThat(parse(request(4711, 8))).isEqualTo(new Request.Refused(Errno.ENOSYS));
    assertThat(parse(request(39, 8))).isEqualTo(new Request.Refused(Errno.ENOTTY));
  }

  @Test
  void batchesOfForgetsAreReadWhole() throws Exception {
    ByteBuffer buffer = request(42, 8 + 2 * 16);
    buffer.putInt(40, 2);
    buffer.putLong(48, 5).putLong(56, 1).putLong(64, 9).putLong(72, 3);
    Request.BatchForget forget = (Request.BatchForget) parse(buffer);
    assertThat(forget.nodes()).containsExactly(5, 9);
    assertThat(forget.lookups()).containsExactly(1, 3);
    assertThat(RequestParser.isAnswered(forget)).isFalse();
  }

  @Test
  void namesEndAtTheirTerminatorAndMustBeUtf8() throws Exception {
    assertThat(parse(lookup("\u00e4b".getBytes(StandardCharsets.UTF_8))))
        .isEqualTo(new Request.Lookup("\u00e4b"));
    assertThatThrownBy(() -> parse(lookup(new byte[] {(byte) 0xff})))
        .hasMessage(Errno.ENOENT.name());
    assertThatThrownBy(() -> parse(lookup("n".repeat(256).getBytes(StandardCharsets.UTF_8))))
        .hasMessage(Errno.ENAMETOOLONG.name());
    assertThat(FileNames.encode("a/b")).isEmpty();
    assertThat(FileNames.encode("..")).isEmpty();
    assertThat(FileNames.encode("\ud800")).isEmpty();
  }

  @Test
  void theNegotiationAgreesOnWhatBothSidesKnow() {
    ByteBuffer buffer = request(InitRequest.OPCODE, 64);
    buffer.putInt(40, 7).putInt(44, 45).putInt(48, 131_072);
    buffer.putInt(52, 0xFFFFFFFF).putInt(56, 0xFFFFFFFF);
    InitRequest init = InitRequest.of(buffer);
    assertThat(init.offers(InitRequest.PASSTHROUGH)).isTrue();
    int directMapping = 1 << 4;
    int passthrough = 1 << 5;
    assertThat(init.reply(1, InitRequest.LEAST_WRITE).getInt(32))
        .isEqualTo(directMapping | passthrough);
    assertThat(init.reply(1, InitRequest.LEAST_WRITE).getInt(36)).isEqualTo(1);
    assertThat(init.reply(0, InitRequest.LEAST_WRITE).getInt(32)).isEqualTo(directMapping);
    assertThat(init.reply(0, InitRequest.LEAST_WRITE).getInt(12) & 1 << 22)
        .as("MAX_PAGES")
        .isNotZero();
    buffer.putInt(52, 0xFFFFFFFF & ~(1 << 30));
    assertThat(InitRequest.of(buffer).offers(InitRequest.PASSTHROUGH)).isFalse();
  }

  @Test
  void theCachedShareIsRoundedDown() {
    assertThat(ExtendedAttributes.cached(999_999, 1_000_000)).isEqualTo("99.9%");
    assertThat(ExtendedAttributes.cached(0, 0)).isEqualTo("100.0%");
    assertThat(ExtendedAttributes.cached(1, 3)).isEqualTo("33.3%");
  }

  private static Request parse(ByteBuffer buffer) throws ErrnoException {
    return RequestParser.parse(RequestHeader.of(buffer), buffer);
  }

  private static ByteBuffer lookup(byte[] name) {
    ByteBuffer buffer = request(1, name.length + 1);
    buffer.put(40, name);
    return buffer;
  }

  private static ByteBuffer request(int opcode, int argumentBytes) {
    ByteBuffer buffer =
        ByteBuffer.allocate(RequestHeader.BYTES + argumentBytes).order(ByteOrder.nativeOrder());
    buffer.putInt(0, RequestHeader.BYTES + argumentBytes).putInt(4, opcode);
    return buffer;
  }
}
