package io.gridset.arrow.ipc;

import io.gridset.arrow.system.Region;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.arrow.flatbuf.Block;
import org.apache.arrow.flatbuf.Endianness;
import org.apache.arrow.flatbuf.Footer;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.MetadataVersion;
import org.apache.arrow.vector.types.pojo.Schema;

/// What stands where in an IPC file or stream.
///
/// @param schema in message form: fields in dictionary form have their values' type
record IpcIndex(Schema schema, List<Place> dictionaries, List<Place> batches) {
  private static final byte[] MAGIC = "ARROW1".getBytes(StandardCharsets.US_ASCII);
  private static final int END_BYTES = Integer.BYTES + MAGIC.length;
  private static final int CONTINUATION = 0xffff_ffff;

  /// A message: its flatbuffer's place, and its body's.
  record Place(long metadata, int metadataBytes, long body, long bodyBytes) {
    Message message(Region region) {
      return Message.getRootAsMessage(region.view(metadata, metadataBytes));
    }
  }

  /// @throws NotIpcException saying what is wrong
  static IpcIndex of(Region region) throws NotIpcException {
    try {
      boolean file =
          region.bytes() >= 2L * END_BYTES && Arrays.equals(region.read(0, MAGIC.length), MAGIC);
      return file ? ofFile(region) : ofStream(region);
    } catch (RuntimeException e) {
      throw NotIpcException.broken(e);
    }
  }

  private static IpcIndex ofFile(Region region) throws NotIpcException {
    long end = region.bytes();
    if (!Arrays.equals(region.read(end - MAGIC.length, MAGIC.length), MAGIC)) {
      throw new NotIpcException("an Arrow IPC file without its end: it was cut off");
    }
    int length = region.view(end - END_BYTES, Integer.BYTES).getInt();
    if (length <= 0 || length > end - 2L * END_BYTES) {
      throw new NotIpcException("an Arrow IPC file whose footer has " + length + " bytes");
    }
    Footer footer = Footer.getRootAsFooter(region.view(end - END_BYTES - length, length));
    checkVersion(footer.version());
    List<Place> dictionaries = new ArrayList<>();
    for (int i = 0; i < footer.dictionariesLength(); i++) {
      dictionaries.add(place(region, footer.dictionaries(i)));
    }
    List<Place> batches = new ArrayList<>();
    for (int i = 0; i < footer.recordBatchesLength(); i++) {
      batches.add(place(region, footer.recordBatches(i)));
    }
    return new IpcIndex(schema(footer.schema()), dictionaries, batches);
  }

  private static Place place(Region region, Block block) throws NotIpcException {
    ByteBuffer prefix = region.view(block.offset(), 2 * Integer.BYTES);
    int skipped = prefix.getInt() == CONTINUATION ? 2 * Integer.BYTES : Integer.BYTES;
    long body = block.offset() + block.metaDataLength();
    if (body < 0 || block.bodyLength() < 0 || block.bodyLength() > region.bytes() - body) {
      throw new NotIpcException("a batch of the Arrow IPC file lies outside of the file");
    }
    return new Place(
        block.offset() + skipped, block.metaDataLength() - skipped, body, block.bodyLength());
  }

  private static IpcIndex ofStream(Region region) throws NotIpcException {
    Schema schema = null;
    List<Place> dictionaries = new ArrayList<>();
    List<Place> batches = new ArrayList<>();
    long position = 0;
    while (position + 2 * Integer.BYTES <= region.bytes()) {
      ByteBuffer prefix = region.view(position, 2 * Integer.BYTES);
      int length = prefix.getInt();
      position += Integer.BYTES;
      if (length == CONTINUATION) {
        length = prefix.getInt();
        position += Integer.BYTES;
      }
      if (length == 0) {
        break;
      }
      Message message = Message.getRootAsMessage(region.view(position, length));
      checkVersion(message.version());
      Place place =
          new Place(position, length, position + length, bodyWithin(region, position, message));
      position = place.body() + place.bodyBytes();
      switch (message.headerType()) {
        case MessageHeader.Schema ->
            schema =
                schema(
                    (org.apache.arrow.flatbuf.Schema)
                        message.header(new org.apache.arrow.flatbuf.Schema()));
        case MessageHeader.DictionaryBatch -> dictionaries.add(place);
        case MessageHeader.RecordBatch -> batches.add(place);
        default -> throw new NotIpcException("a tensor, not a table");
      }
    }
    if (schema == null) {
      throw new NotIpcException("neither an Arrow IPC file nor a stream");
    }
    return new IpcIndex(schema, dictionaries, batches);
  }

  private static long bodyWithin(Region region, long position, Message message)
      throws NotIpcException {
    long bytes = message.bodyLength();
    if (bytes < 0 || bytes > region.bytes() - position) {
      throw new NotIpcException("an Arrow IPC stream that was cut off");
    }
    return bytes;
  }

  private static void checkVersion(short version) throws NotIpcException {
    if (version != MetadataVersion.V5 && version != MetadataVersion.V4) {
      throw new NotIpcException("Arrow IPC metadata of version " + version + ", older than 0.8");
    }
  }

  private static Schema schema(org.apache.arrow.flatbuf.Schema schema) throws NotIpcException {
    if (schema.endianness() != Endianness.Little) {
      throw new NotIpcException("big-endian Arrow data cannot be mapped here");
    }
    return Schema.convertSchema(schema);
  }
}
