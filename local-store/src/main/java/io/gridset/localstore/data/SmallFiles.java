package io.gridset.localstore.data;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/// Writes many small files in nested directories, a hundred to each, among them some with names
/// that programs get wrong: spaces, plus and percent signs, non-ASCII letters, an emoji, XML's
/// characters.
public final class SmallFiles {
  private static final int FILES_PER_DIRECTORY = 100;
  private static final int DIRECTORIES_PER_PARENT = 10;

  /// A prime larger than any count of files here, so that the streams of two seeds do not meet.
  private static final long SEED_STRIDE = 1_000_000_007;

  private static final List<String> AWKWARD =
      List.of(
          "with space.bin",
          "plus+sign&ampersand.bin",
          "percent%20sign.bin",
          "<angle>'quotes\".bin",
          "模型-naïve.bin",
          "emoji-\uD83D\uDE00.bin",
          ".hidden",
          "question?hash#.bin");

  private SmallFiles() {}

  /// Writes `count` files of `bytes` each, fixed by the seed, below the directory. Files of that
  /// size that are there already are left.
  ///
  /// @return the files' paths relative to the directory, in the order written
  public static List<String> write(Path directory, int count, int bytes, long seed)
      throws IOException {
    List<String> names = new ArrayList<>(count);
    RandomBytes content = new RandomBytes(seed);
    for (int index = 0; index < count; index++) {
      String name = name(index);
      Path file = directory.resolve(name);
      if (index % FILES_PER_DIRECTORY == 0) {
        Files.createDirectories(file.getParent());
      }
      names.add(name);
      if (!Files.exists(file) || Files.size(file) != bytes) {
        content.reseed(seed * SEED_STRIDE + index);
        write(file, bytes, content);
      }
    }
    return names;
  }

  private static void write(Path file, int bytes, RandomBytes content) throws IOException {
    try (FileChannel out =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      content.writeTo(out, bytes);
    }
  }

  private static String name(int index) {
    int directory = index / FILES_PER_DIRECTORY;
    String parent =
        String.format(
            "part-%03d/shard-%03d/",
            directory / DIRECTORIES_PER_PARENT, directory % DIRECTORIES_PER_PARENT);
    return parent
        + (index < AWKWARD.size() ? AWKWARD.get(index) : String.format("sample-%06d.bin", index));
  }
}
