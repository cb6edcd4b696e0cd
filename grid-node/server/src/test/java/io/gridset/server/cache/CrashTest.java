package io.gridset.server.cache;

import static io.gridset.core.cache.BlockCacheContract.admit;
import static io.gridset.core.cache.BlockCacheContract.content;
import static io.gridset.core.cache.BlockCacheContract.fill;
import static io.gridset.core.cache.BlockCacheContract.version;
import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.block.BlockLayout;
import io.gridset.core.cache.BlockLookup;
import io.gridset.core.cache.BlockWriter;
import io.gridset.core.cache.CachedFile;
import io.gridset.core.dataset.TierDefinition.Medium;
import io.gridset.server.cache.mapping.NativeFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A process that fills the cache is killed; the next one serves what was published, checked, and
/// nothing else.
class CrashTest {
  private static final int BLOCK = 1 << 16;
  private static final long QUOTA = 64 << 20;

  /// Fewer than the quota holds, so that nothing published is evicted.
  private static final int FILES = 100;

  private static final String OWNER = "uid";
  private TestingTier tier;

  @BeforeEach
  void make() throws Exception {
    tier = TestingTier.inMemory();
  }

  @AfterEach
  void remove() throws Exception {
    tier.close();
  }

  /// The process to be killed: fills files, says what is published, and leaves a complete but
  /// unpublished block behind in the file `torn`.
  static final class Filler {
    private Filler() {}

    public static void main(String[] arguments) throws Exception {
      TestingTier tier = new TestingTier(Medium.MEM, Path.of(arguments[0]));
      TieredBlockCache cache = TestingTier.open(tier.settings(QUOTA));
      CachedFile torn = cache.open(version("torn"), layout(2), OWNER);
      fill(torn, 0);
      BlockWriter writer = admit(torn, 1);
      writer.accept(ByteBuffer.wrap(content(torn, 1, 0, BLOCK)));
      for (int number = 0; number < FILES; number++) {
        try (CachedFile file = cache.open(version("f" + number), layout(8), OWNER)) {
          for (int block = 0; block < 8; block++) {
            fill(file, block);
            System.out.println(number + " " + block);
          }
        }
      }
      System.in.read();
    }
  }

  static BlockLayout layout(int blocks) {
    return new BlockLayout((long) blocks * BLOCK, BLOCK);
  }

  /// Kills the filler once it has published `blocks` blocks; returns the lines it wrote.
  private List<String> fillAndKill(int blocks) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                Filler.class.getName(),
                tier.directory().toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<String> published = new ArrayList<>();
    try (var lines = process.inputReader()) {
      while (published.size() < blocks) {
        String line = lines.readLine();
        assertThat(line).as("the filler ended early").isNotNull();
        published.add(line);
      }
      process.toHandle().destroyForcibly();
      process.waitFor();
      lines.lines().filter(line -> line.matches("\\d+ \\d")).forEach(published::add);
    }
    return published;
  }

  @Test
  void whatWasPublishedBeforeAKillIsServedAndNothingElse() throws Exception {
    List<String> published = fillAndKill(500);
    List<Runnable> background = new ArrayList<>();
    try (TieredBlockCache cache = reopen(background::add)) {
      for (String line : published) {
        int number = Integer.parseInt(line.substring(0, line.indexOf(' ')));
        int block = Integer.parseInt(line.substring(line.indexOf(' ') + 1));
        try (CachedFile file = cache.open(version("f" + number), layout(8), OWNER)) {
          assertThat(bytesOf(file, block)).isEqualTo(content(file, block, 0, BLOCK));
        }
      }
      for (int number = 0; number < FILES; number++) {
        everyBlockServedIsRight(cache, number);
      }
      try (CachedFile torn = cache.open(version("torn"), layout(2), OWNER)) {
        assertThat(torn.lookup(1, 0, 1)).isInstanceOf(BlockLookup.Miss.class);
        assertThat(torn.sealed()).isEmpty();
      }
    }
  }

  private static void everyBlockServedIsRight(TieredBlockCache cache, int number) throws Exception {
    try (CachedFile file = cache.open(version("f" + number), layout(8), OWNER)) {
      for (int block = 0; block < 8; block++) {
        if (file.lookup(block, 0, BLOCK) instanceof BlockLookup.Hit(var bytes)) {
          bytes.close();
          assertThat(bytesOf(file, block)).isEqualTo(content(file, block, 0, BLOCK));
        }
      }
    }
  }

  @Test
  void aByteThatChangedAroundAKillIsNeverServed() throws Exception {
    fillAndKill(40);
    List<Path> files;
    try (var all = Files.walk(tier.directory().resolve("files"))) {
      files = all.filter(Files::isRegularFile).toList();
    }
    for (Path path : files) {
      flipFirstByte(path);
    }
    List<Runnable> background = new ArrayList<>();
    try (TieredBlockCache cache = reopen(background::add);
        CachedFile file = cache.open(version("f0"), layout(8), OWNER)) {
      assertThat(file.isPresent(0)).isTrue();
      assertThat(file.sealed()).as("not before it was verified").isEmpty();
      assertThat(file.lookup(0, 10, 1)).isInstanceOf(BlockLookup.Miss.class);
      assertThat(file.isPresent(0)).isFalse();
      assertThat(bytesOf(file, 1)).isEqualTo(content(file, 1, 0, BLOCK));
      assertThat(file.presentBytes()).isEqualTo(7 * BLOCK);
      fill(file, 0);
      assertThat(bytesOf(file, 0)).isEqualTo(content(file, 0, 0, BLOCK));
    }
  }

  @Test
  void theBackgroundCheckSealsSoundFilesAgain() throws Exception {
    fillAndKill(40);
    List<Runnable> background = new ArrayList<>();
    List<Object> told = new ArrayList<>();
    try (TieredBlockCache cache = reopen(background::add);
        AutoCloseable listening = cache.onSealChange(told::add)) {
      assertThat(background).hasSize(1);
      background.getFirst().run();
      assertThat(told).contains(version("f0"), version("f1"));
      try (CachedFile file = cache.open(version("f0"), layout(8), OWNER)) {
        assertThat(file.sealed()).isPresent();
      }
      listening.close();
    }
  }

  private TieredBlockCache reopen(Executor background) throws Exception {
    return TieredBlockCache.open(
        tier.settings(QUOTA),
        TieredBlockCache.Seams.alone(
            TestingTier.CLOCK, background, new WindowRing(WindowRing.DEFAULT_LIMIT)));
  }

  private static byte[] bytesOf(CachedFile file, int block) {
    return io.gridset.core.cache.BlockCacheContract.read(file, block, 0, BLOCK);
  }

  private static void flipFirstByte(Path path) throws Exception {
    byte[] first = Files.newInputStream(path).readNBytes(1);
    first[0] ^= 1;
    try (NativeFile reader = NativeFile.openForReading(path)) {
      reader.setPermissions(0600);
    }
    try (NativeFile file = NativeFile.openForWriting(path)) {
      file.write(ByteBuffer.wrap(first), 0);
    }
  }
}
