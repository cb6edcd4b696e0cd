package io.gridset.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The kernel's protocol, sealed files read by the kernel.
final class KernelPassthroughMountTest extends MountContractTest {
  /// Opens, says so, and on a line of input prints the SHA-256 of the whole file.
  private static final String LATE_READER =
      """
      import hashlib, sys
      f = open(sys.argv[1], 'rb', buffering=0); f.read(int(sys.argv[2]))
      print('ready'); sys.stdin.readline(); f.seek(0); data = b''
      while True:
          more = f.read(100000)
          if not more: break
          data += more
      print(hashlib.sha256(data).hexdigest())
      """;

  /// Four threads read files of one repeated byte in turn; prints what was ever wrong.
  private static final String VERIFIER =
      """
      import mmap, os, random, sys, threading
      m = sys.argv[1]; random.seed(int(sys.argv[2])); done = [0]
      def read(path):
          fd = os.open(path, os.O_RDONLY)
          try:
              size = os.fstat(fd).st_size
              if random.random() < 0.3:
                  with mmap.mmap(fd, 0, prot=mmap.PROT_READ) as mapped: return size, mapped[:]
              half = os.read(fd, size // 2)
              return size, half + os.pread(fd, size, len(half))
          finally: os.close(fd)
      def reader():
          for i in range(800):
              path = m + '/f%d' % random.randrange(6)
              try:
                  size, data = read(path)
                  if len(data) != size or len(set(data)) != 1:
                      print(path, 'mixture', size, len(data), set(data))
                  done[0] += 1
              except OSError as e: print(path, e)
      threads = [threading.Thread(target=reader) for _ in range(4)]
      [t.start() for t in threads]; [t.join() for t in threads]
      print('done' if done[0] == 3200 else done)
      """;

  @Override
  MountSettings settings(Path mountPoint) {
    return MountSettings.of(mountPoint, "gridset:test").withTransport(TransportChoice.KERNEL);
  }

  @BeforeEach
  void needsPassthrough() {
    Machine.assume(mounted().passthrough(), "this kernel or container refuses passthrough");
  }

  @Test
  void sealedFilesAreReadByTheKernelItself() throws Exception {
    byte[] bytes = random(2_000_000);
    files().put("file", bytes);
    files().seal("file");
    for (int i = 0; i < 3; i++) {
      assertThat(sum("file")).isEqualTo(sha256(bytes));
    }
    assertThat(mounted().statistics().readRequests()).isZero();
    assertThat(mounted().statistics().passthroughOpens()).isEqualTo(3);
  }

  @Test
  void laterOpensReachPassthroughWhileAnOlderHandleStillCopies() throws Exception {
    byte[] bytes = random(2_000_000);
    files().put("file", bytes);
    try (Child older = Child.python(LATE_READER, mountPoint().resolve("file"), 10)) {
      assertThat(older.line()).isEqualTo("ready");
      String inode = shell("stat -c %i " + mountPoint() + "/file");
      files().seal("file");
      eventually(() -> passthroughOpensAfterReading("file", bytes) > 0);
      long reads = mounted().statistics().readRequests();
      assertThat(sum("file")).isEqualTo(sha256(bytes));
      assertThat(mounted().statistics().readRequests()).isEqualTo(reads);
      assertThat(shell("stat -c %i " + mountPoint() + "/file")).isEqualTo(inode);
      older.proceed();
      assertThat(older.finish()).isEqualTo(sha256(bytes));
    }
  }

  @Test
  void anEvictedFileStaysWithItsReadersAndIsCopiedForLaterOnes() throws Exception {
    byte[] bytes = random(2_000_000);
    files().put("file", bytes);
    files().seal("file");
    try (Child older = Child.python(LATE_READER, mountPoint().resolve("file"), 10)) {
      assertThat(older.line()).isEqualTo("ready");
      files().unseal("file");
      assertThat(sum("file")).isEqualTo(sha256(bytes));
      files().seal("file");
      assertThat(sum("file")).isEqualTo(sha256(bytes));
      older.proceed();
      assertThat(older.finish()).isEqualTo(sha256(bytes));
    }
    files().unseal("file");
    assertThat(sum("file")).isEqualTo(sha256(bytes));
    assertThat(mounted().statistics().unexpectedErrors()).isZero();
  }

  @Test
  void manySmallSealedFilesDoNotExhaustDescriptors() throws Exception {
    int count = 6_000; // more than the ids that are kept
    for (int i = 0; i < count; i++) {
      files().put("small/" + i, new byte[] {1, 2, 3});
      files().seal("small/" + i);
    }
    long before = descriptors();
    assertThat(shell("find " + mountPoint() + "/small -type f -print0 | xargs -0 cat | wc -c"))
        .isEqualTo(Integer.toString(3 * count));
    assertThat(mounted().statistics().passthroughOpens()).isEqualTo(count);
    assertThat(mounted().statistics().readRequests()).isZero();
    assertThat(descriptors()).isLessThan(before + 50);
  }

  @Test
  void readersOfSealedFilesOutliveTheMount() throws Exception {
    byte[] bytes = random(2_000_000);
    files().put("file", bytes);
    files().seal("file");
    try (Child reader = Child.python(LATE_READER, mountPoint().resolve("file"), 10)) {
      assertThat(reader.line()).isEqualTo("ready");
      mounted().close();
      reader.proceed();
      assertThat(reader.finish()).isEqualTo(sha256(bytes));
    }
  }

  @Test
  void readersNeverSeeAMixtureOrAnErrorWhileFilesAreSealedEvictedAndReplaced() throws Exception {
    long seed = Long.getLong("seed", 4_242);
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    int[] version = new int[6];
    for (int i = 0; i < version.length; i++) {
      files().put("f" + i, filled(version[i]));
    }
    try (Child child = Child.python(VERIFIER, mountPoint(), seed)) {
      while (child.process().isAlive() && !child.hasOutput()) {
        int file = random.nextInt(version.length);
        switch (random.nextInt(4)) {
          case 0 -> files().put("f" + file, filled(++version[file]));
          case 1 -> files().unseal("f" + file);
          default -> files().seal("f" + file);
        }
        Thread.sleep(2); // a version lives longer than an open takes to be tried again
      }
      assertThat(child.finish()).isEqualTo("done");
    }
    MountStatistics statistics = mounted().statistics();
    System.out.println(statistics);
    assertThat(statistics.unexpectedErrors()).isZero();
    assertThat(statistics.passthroughOpens()).isPositive().isLessThan(statistics.opens());
  }

  private static byte[] filled(int version) {
    byte[] bytes = new byte[200_000];
    Arrays.fill(bytes, (byte) version);
    return bytes;
  }

  private long passthroughOpensAfterReading(String file, byte[] bytes) {
    assertThat(sum(file)).isEqualTo(sha256(bytes));
    return mounted().statistics().passthroughOpens();
  }

  private String sum(String file) {
    return shell("sha256sum < " + mountPoint().resolve(file)).split(" ")[0];
  }

  private static long descriptors() throws Exception {
    String[] open = Path.of("/proc/self/fd").toFile().list();
    return open == null ? 0 : open.length;
  }
}
