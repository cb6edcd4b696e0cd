package io.gridset.localstore.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/// Writes a model in the safetensors format: an 8-byte little-endian header length, a JSON header
/// padded with spaces to a multiple of 8, then the tensors' bytes without gaps (format description
/// in the README of huggingface/safetensors). Names and shapes are those of a Llama model, shrunk
/// to the size asked for; all tensors are F16.
public final class SafetensorsFile {
  /// Below this not even one layer with readable shapes fits.
  private static final long SMALLEST_BYTES = 64 * 1024;

  private static final int ELEMENT_BYTES = 2;

  private record Tensor(String name, List<Long> shape) {
    long bytes() {
      return shape.stream().reduce(ELEMENT_BYTES * 1L, (a, b) -> a * b);
    }
  }

  private SafetensorsFile() {}

  /// Writes a model of exactly that many bytes, unless a file of that size, written from the same
  /// seed, is there already.
  ///
  /// @return the file
  /// @throws IllegalArgumentException if it is too small for a model, or an odd number of bytes
  public static Path write(Path file, long bytes, long seed) throws IOException {
    if (bytes < SMALLEST_BYTES || bytes % 8 != 0) {
      throw new IllegalArgumentException(
          "a model has at least " + SMALLEST_BYTES + " bytes and a multiple of 8: " + bytes);
    }
    byte[] header = header(bytes, seed);
    if (isPresent(file, bytes, header)) {
      return file;
    }
    Path staged = file.resolveSibling(file.getFileName() + ".part");
    try (FileChannel out =
        FileChannel.open(
            staged,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer start = lengthOf(header).put(header).flip();
      while (start.hasRemaining()) {
        out.write(start);
      }
      new RandomBytes(seed).writeTo(out, bytes - 8 - header.length);
    }
    return Files.move(staged, file, StandardCopyOption.REPLACE_EXISTING);
  }

  private static boolean isPresent(Path file, long bytes, byte[] header) throws IOException {
    if (!Files.isRegularFile(file) || Files.size(file) != bytes) {
      return false;
    }
    ByteBuffer found = ByteBuffer.allocate(8 + header.length);
    try (FileChannel in = FileChannel.open(file)) {
      int read = in.read(found);
      while (found.hasRemaining() && read >= 0) {
        read = in.read(found);
      }
    }
    return found.flip().equals(lengthOf(header).put(header).flip());
  }

  private static ByteBuffer lengthOf(byte[] header) {
    return ByteBuffer.allocate(8 + header.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length);
  }

  /// The header whose length and tensors add up to the size. The tensors' total depends on the
  /// header's length and the header's digits on the tensors: padding gives the slack.
  private static byte[] header(long bytes, long seed) {
    int reserved = 0;
    while (true) {
      String json = json(tensors(bytes - 8 - reserved), seed);
      if (reserved > 0 && json.length() <= reserved) {
        return (json + " ".repeat(reserved - json.length())).getBytes(StandardCharsets.US_ASCII);
      }
      reserved = (json.length() + 64 + 7) / 8 * 8;
    }
  }

  /// Tensors of that many bytes together. Layers are of one shape; what does not divide goes into
  /// the last tensor, the language model head.
  private static List<Tensor> tensors(long bytes) {
    long hidden = 64;
    while (hidden < 4096 && 13 * (2 * hidden) * (2 * hidden) * ELEMENT_BYTES * 4 < bytes) {
      hidden *= 2;
    }
    long inner = hidden * 11 / 4;
    long vocabulary = Math.max(8, bytes / 16 / (hidden * ELEMENT_BYTES));
    List<Tensor> tensors = new ArrayList<>();
    tensors.add(new Tensor("model.embed_tokens.weight", List.of(vocabulary, hidden)));
    long left = bytes - tensors.getFirst().bytes();
    for (int layer = 0; ; layer++) {
      List<Tensor> next = layer(layer, hidden, inner);
      long size = next.stream().mapToLong(Tensor::bytes).sum();
      if (left - size < vocabulary * hidden * ELEMENT_BYTES) {
        break;
      }
      tensors.addAll(next);
      left -= size;
    }
    tensors.add(new Tensor("model.norm.weight", List.of(hidden)));
    left -= tensors.getLast().bytes();
    long rows = left / (hidden * ELEMENT_BYTES);
    tensors.add(new Tensor("lm_head.weight", List.of(rows, hidden)));
    left -= tensors.getLast().bytes();
    if (left > 0) {
      tensors.add(new Tensor("rotary.inv_freq", List.of(left / ELEMENT_BYTES)));
    }
    return tensors;
  }

  private static List<Tensor> layer(int index, long hidden, long inner) {
    String name = "model.layers." + index + ".";
    long keys = hidden / 4;
    return List.of(
        new Tensor(name + "input_layernorm.weight", List.of(hidden)),
        new Tensor(name + "mlp.down_proj.weight", List.of(hidden, inner)),
        new Tensor(name + "mlp.gate_proj.weight", List.of(inner, hidden)),
        new Tensor(name + "mlp.up_proj.weight", List.of(inner, hidden)),
        new Tensor(name + "post_attention_layernorm.weight", List.of(hidden)),
        new Tensor(name + "self_attn.k_proj.weight", List.of(keys, hidden)),
        new Tensor(name + "self_attn.o_proj.weight", List.of(hidden, hidden)),
        new Tensor(name + "self_attn.q_proj.weight", List.of(hidden, hidden)),
        new Tensor(name + "self_attn.v_proj.weight", List.of(keys, hidden)));
  }

  private static String json(List<Tensor> tensors, long seed) {
    StringBuilder json = new StringBuilder();
    json.append("{\"__metadata__\":{\"format\":\"pt\",\"seed\":\"").append(seed).append("\"}");
    long offset = 0;
    for (Tensor tensor : tensors) {
      long end = offset + tensor.bytes();
      json.append(",\"").append(tensor.name()).append("\":{\"dtype\":\"F16\",\"shape\":");
      json.append(tensor.shape().toString().replace(" ", "")).append(",\"data_offsets\":[");
      json.append(offset).append(',').append(end).append("]}");
      offset = end;
    }
    return json.append('}').toString();
  }
}
