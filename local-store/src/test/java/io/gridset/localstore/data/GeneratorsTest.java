package io.gridset.localstore.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GeneratorsTest {
  private static final Pattern TENSOR =
      Pattern.compile(
          "\"([a-z0-9_.]+)\":\\{\"dtype\":\"F16\",\"shape\":\\[([0-9,]+)],"
              + "\"data_offsets\":\\[([0-9]+),([0-9]+)]}");

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(longs = {64 * 1024, 1_000_000, 8 << 20, 50_000_000})
  void aModelIsASafetensorsFileOfExactlyThatSize(long bytes) throws Exception {
    Path file = SafetensorsFile.write(directory.resolve("model.safetensors"), bytes, 1);
    byte[] content = Files.readAllBytes(file);
    assertThat(content).hasSize((int) bytes);
    long header = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getLong();
    String json = new String(content, 8, (int) header, StandardCharsets.US_ASCII);
    assertThat(header % 8).isZero();
    assertThat(json).startsWith("{\"__metadata__\":{\"format\":\"pt\"").contains("lm_head.weight");
    long offset = 0;
    int tensors = 0;
    Matcher matcher = TENSOR.matcher(json);
    while (matcher.find()) {
      assertThat(Long.parseLong(matcher.group(3))).isEqualTo(offset);
      offset = Long.parseLong(matcher.group(4));
      long elements = 1;
      for (String dimension : matcher.group(2).split(",")) {
        elements *= Long.parseLong(dimension);
      }
      assertThat(offset - Long.parseLong(matcher.group(3))).isEqualTo(2 * elements).isPositive();
      tensors++;
    }
    assertThat(tensors).isGreaterThan(2);
    assertThat(8 + header + offset).isEqualTo(bytes);
  }

  @Test
  void theSeedFixesTheContent() throws Exception {
    byte[] one = Files.readAllBytes(SafetensorsFile.write(directory.resolve("a"), 1 << 20, 1));
    byte[] same = Files.readAllBytes(SafetensorsFile.write(directory.resolve("b"), 1 << 20, 1));
    byte[] other = Files.readAllBytes(SafetensorsFile.write(directory.resolve("c"), 1 << 20, 2));
    assertThat(same).isEqualTo(one);
    assertThat(other).isNotEqualTo(one);
  }

  @Test
  void whatIsThereIsNotWrittenAgain() throws Exception {
    Path model = SafetensorsFile.write(directory.resolve("model"), 1 << 20, 1);
    FileTime past = FileTime.fromMillis(1_000_000);
    Files.setLastModifiedTime(model, past);
    SafetensorsFile.write(model, 1 << 20, 1);
    assertThat(Files.getLastModifiedTime(model)).isEqualTo(past);
    SafetensorsFile.write(model, 1 << 20, 2);
    assertThat(Files.getLastModifiedTime(model)).isNotEqualTo(past);
  }

  @Test
  void smallFilesAreNestedDistinctAndAwkwardlyNamed() throws Exception {
    List<String> names = SmallFiles.write(directory, 1_203, 1_000, 5);

    assertThat(names).hasSize(1_203).doesNotHaveDuplicates();
    assertThat(names).anyMatch(name -> name.contains(" ")).anyMatch(name -> name.contains("模"));
    byte[] first = Files.readAllBytes(directory.resolve(names.getFirst()));
    byte[] last = Files.readAllBytes(directory.resolve(names.getLast()));
    assertThat(first).hasSize(1_000).isNotEqualTo(last);
    assertThat(last).hasSize(1_000);
  }
}
