package io.gridset.fuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.core.store.StorageException.Kind;
import io.gridset.fuse.TestingDatasetFiles.Behaviour;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What every transport must do, seen by programs that use the mount.
abstract class MountContractTest {
  private static final Random RANDOM = new Random(20261122);

  /// Reads a file in every style and prints one SHA-256 for each.
  private static final String READ_STYLES =
      """
      import hashlib, mmap, os, sys, threading, tempfile
      path = sys.argv[1]
      size = os.stat(path).st_size
      def show(name, data): print(name, hashlib.sha256(data).hexdigest())
      with open(path, 'rb') as f: show('read', f.read())
      fd = os.open(path, os.O_RDONLY)
      parts = [os.pread(fd, 65537, at) for at in range(0, size, 65537)][::-1]
      show('pread', b''.join(parts[::-1]))
      with mmap.mmap(fd, 0, prot=mmap.PROT_READ) as m:
          out = bytearray(size)
          for at in reversed(range(0, size, 4096)): out[at:at+4096] = m[at:at+4096]
          show('mmap', bytes(out))
      os.lseek(fd, 0, 0)
      with tempfile.TemporaryFile() as t:
          done = 0
          while done < size: done += os.sendfile(t.fileno(), fd, done, size - done)
          t.seek(0); show('sendfile', t.read())
      d = os.open(path, os.O_RDONLY | os.O_DIRECT)
      buffer = mmap.mmap(-1, 1 << 20)
      data = b''
      while True:
          n = os.preadv(d, [buffer], len(data))
          if n == 0: break
          data += buffer[:n]
      show('direct', data)
      results = [None, None]
      def reader(i):
          with open(path, 'rb') as f: results[i] = f.read()
      threads = [threading.Thread(target=reader, args=(i,)) for i in (0, 1)]
      [t.start() for t in threads]; [t.join() for t in threads]
      show('two', results[0]); show('two', results[1])
      """;

  private static final String MODIFYING_CALLS =
      """
      import errno, os, sys
      m = sys.argv[1]; f = m + '/file'
      calls = {
        'creat': lambda: os.open(m + '/new', os.O_CREAT | os.O_WRONLY),
        'exclusive': lambda: os.open(m + '/new', os.O_CREAT | os.O_EXCL | os.O_RDWR),
        'rdwr': lambda: os.open(f, os.O_RDWR), 'wronly': lambda: os.open(f, os.O_WRONLY),
        'trunc': lambda: os.open(f, os.O_RDONLY | os.O_TRUNC),
        'unlink': lambda: os.unlink(f), 'mkdir': lambda: os.mkdir(m + '/d'),
        'rmdir': lambda: os.rmdir(m + '/directory'),
        'rename': lambda: os.rename(f, m + '/g'), 'chmod': lambda: os.chmod(f, 0o777),
        'chown': lambda: os.chown(f, 1, 1), 'truncate': lambda: os.truncate(f, 0),
        'utime': lambda: os.utime(f), 'symlink': lambda: os.symlink('x', m + '/s'),
        'link': lambda: os.link(f, m + '/l'), 'mknod': lambda: os.mknod(m + '/n'),
        'setxattr': lambda: os.setxattr(f, 'user.x', b'1'),
        'removexattr': lambda: os.removexattr(f, 'user.gridset.version'),
        'tmpfile': lambda: os.open(m, os.O_TMPFILE | os.O_RDWR),
      }
      for name, call in calls.items():
          try: call(); print(name, 'succeeded')
          except OSError as e:
              if e.errno != errno.EROFS: print(name, errno.errorcode[e.errno])
      print('access', os.access(f, os.W_OK))
      """;

  private static final String NAMES =
      """
      import errno, os, sys
      m = os.fsencode(sys.argv[1])
      listed = sorted(os.listdir(m + b'/names'))
      for name in listed:
          with open(m + b'/names/' + name, 'rb') as f: assert f.read() == b'x', name
      print(len(listed), sum(map(len, listed)))
      for name in (b'n' * 256, b'\\xff\\xfe'):
          try: os.stat(m + b'/names/' + name); print('exists')
          except OSError as e: print(errno.errorcode[e.errno])
      """;

  private Path directory = Path.of("/");
  private Path mountPoint = Path.of("/");
  private TestingDatasetFiles files = new TestingDatasetFiles(directory);
  private @Nullable FuseMount mount;

  /// How this transport is asked for.
  abstract MountSettings settings(Path mountPoint);

  final TestingDatasetFiles files() {
    return files;
  }

  final FuseMount mounted() {
    return Objects.requireNonNull(mount);
  }

  final Path mountPoint() {
    return mountPoint;
  }

  @BeforeEach
  void mount() throws Exception {
    Machine.assumeFuse();
    directory = Files.createTempDirectory(Path.of("/dev/shm"), "gridset-fuse-");
    mountPoint = Files.createDirectory(directory.resolve("mount"));
    files = new TestingDatasetFiles(directory);
    mount = FuseMount.mount(settings(mountPoint), files);
  }

  @AfterEach
  void unmountAndCheckForLeaks() throws Exception {
    if (mount != null) {
      mount.close();
      assertThat(files.openFiles()).as("handles left open").isZero();
      try (Stream<Path> left = Files.walk(directory)) {
        left.sorted(Comparator.reverseOrder()).forEach(MountContractTest::delete);
      }
    }
  }

  @Test
  void everyReadStyleReturnsTheBytesOfTheSource() throws Exception {
    byte[] bytes = random(5_300_001);
    files.put("deep/er/partly", bytes);
    files.behave("deep/er/partly", new Behaviour.Held(new CountDownLatch(0)));
    files.put("present", bytes);
    files.put("sealed", bytes);
    files.seal("sealed");
    for (String file : List.of("deep/er/partly", "present", "sealed", "sealed")) {
      String[] styles = Child.python(READ_STYLES, mountPoint.resolve(file)).finish().split("\n");
      assertThat(styles)
          .as(file)
          .hasSize(7)
          .allSatisfy(style -> assertThat(style).endsWith(sha256(bytes)));
    }
    Path original = Files.write(directory.resolve("original"), bytes);
    String m = mountPoint.toString();
    Child.shell(
        "cmp %s/sealed %s && cat %s/present | cmp - %s".formatted(m, original, m, original));
    Child.shell(
        "dd if=%s/present iflag=direct bs=1M status=none | cmp - %s".formatted(m, original));
    assertThat(mounted().statistics().unexpectedErrors()).isZero();
  }

  @Test
  void attributesAreThoseOfTheEntries() throws Exception {
    files.put("file", random(1000));
    files.put("empty", new byte[0]);
    String user = Child.shell("echo $(id -u):$(id -g)");
    String format = "stat -c '%a %F %h %s %b %u:%g %Y' ";
    assertThat(Child.shell(format + mountPoint + "/file"))
        .isEqualTo("444 regular file 1 1000 2 " + user + " 1767323045");
    assertThat(Child.shell(format + mountPoint + "/empty"))
        .isEqualTo("444 regular empty file 1 0 0 " + user + " 1767323045");
    assertThat(Child.shell(format + mountPoint)).startsWith("555 directory 2 0");
    assertThat(Child.shell("stat -c %y " + mountPoint + "/file")).contains(".678901234");
    assertThat(Child.shell("wc -c < " + mountPoint + "/empty")).isEqualTo("0");
    long inode = files.find("file").orElseThrow().inode();
    assertThat(Child.shell("stat -c %i " + mountPoint + "/file; ls -i " + mountPoint + "/file"))
        .isEqualTo(inode + "\n" + inode + " " + mountPoint + "/file");
    assertThat(Child.shell("stat -f -c '%s %b %f %l' " + mountPoint)).isEqualTo("4096 1 0 255");
    assertThat(Child.shell("grep ' " + mountPoint + " ' /proc/self/mountinfo"))
        .contains("gridset:test")
        .contains("fuse.gridset")
        .contains("ro,");
  }

  @Test
  void awkwardNamesAreReadable() throws Exception {
    List<String> names =
        List.of(
            "\u00e4\u00f6\u00fc \u65e5\u672c\u8a9e \ud83d\ude00",
            "new\nline",
            "quo\"te's",
            "-rf",
            " ",
            "back\\slash",
            "...",
            "e\u0301",
            "\u00e9",
            "x".repeat(255));
    int bytes = 0;
    for (String name : names) {
      files.put("names/" + name, new byte[] {'x'});
      bytes += name.getBytes(StandardCharsets.UTF_8).length;
    }
    files.put("names/" + "\u00e4".repeat(128), new byte[] {'x'});
    assertThat(Child.python(NAMES, mountPoint).finish())
        .isEqualTo(names.size() + " " + bytes + "\nENAMETOOLONG\nENOENT");
  }

  @Test
  void everyModifyingCallIsRefusedAsReadOnly() throws Exception {
    files.put("file", random(10));
    files.put("directory/other", random(10));
    assertThat(Child.python(MODIFYING_CALLS, mountPoint).finish()).isEqualTo("access False");
  }

  @Test
  void aDirectoryOfManyEntriesIsListedOnceAndWhole() throws Exception {
    for (int i = 0; i < 100_000; i++) {
      files.put("many/file-" + i, new byte[0]);
    }
    assertThat(Child.shell("find " + mountPoint + "/many -type f | sort -u | wc -l"))
        .isEqualTo("100000");
    assertThat(Child.shell("ls -f " + mountPoint + "/many | wc -l")).isEqualTo("100002");
  }

  @Test
  void extendedAttributesTellVersionAndCachedShare() throws Exception {
    files.put("half", random(1000));
    files.put("whole", random(1000));
    files.seal("whole");
    String m = mountPoint.toString();
    String getfattr = "getfattr --absolute-names --only-values -n user.gridset.";
    assertThat(Child.shell(getfattr + "cached " + m + "/half")).isEqualTo("50.0%");
    assertThat(Child.shell(getfattr + "cached " + m + "/whole")).isEqualTo("100.0%");
    assertThat(Child.shell(getfattr + "version " + m + "/whole")).isEqualTo(files.version("whole"));
    assertThat(Child.shell("getfattr --absolute-names -d " + m + "/whole | grep -c ^user.gridset"))
        .isEqualTo("2");
    assertThat(Child.shell("getfattr -n user.other " + m + "/whole 2>&1 || true"))
        .contains("No such attribute");
    assertThat(Child.shell("getfattr -d " + m)).isEmpty();
  }

  @Test
  void anAbsentNameAppearsWhenItsFileDoes() throws Exception {
    files.put("directory/known", random(1));
    String test = "test -e " + mountPoint + "/directory/late && echo yes || echo no";
    assertThat(Child.shell(test)).isEqualTo("no");
    files.put("directory/late", random(1));
    eventually(() -> shell(test).equals("yes"));
    files.remove("directory/late");
    eventually(() -> shell(test).equals("no"));
  }

  @Test
  void anOpenHandleStaysOnItsVersion() throws Exception {
    byte[] before = random(3_000_000);
    byte[] after = random(3_000_000);
    files.put("file", before);
    String script =
        """
        import hashlib, sys
        f = open(sys.argv[1], 'rb', buffering=0); head = f.read(1000)
        print('ready'); sys.stdin.readline()
        def everything(g, data):
            while True:
                more = g.read(100000)
                if not more: return hashlib.sha256(data).hexdigest()
                data += more
        print(everything(open(sys.argv[1], 'rb', buffering=0), b''))
        print(everything(f, head))
        """;
    try (Child child = Child.python(script, mountPoint.resolve("file"))) {
      assertThat(child.line()).isEqualTo("ready");
      files.put("file", after);
      eventually(() -> shell("sha256sum < " + mountPoint + "/file").startsWith(sha256(after)));
      child.proceed();
      assertThat(child.finish()).isEqualTo(sha256(after) + "\n" + sha256(before));
    }
  }

  @Test
  void failuresOfTheOriginBecomeErrorNumbers() throws Exception {
    String script =
        """
        import errno, os, sys
        try: os.pread(os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECT), 4096, 0); print('read')
        except OSError as e: print(errno.errorcode[e.errno])
        """;
    files.put("file", random(100_000));
    for (String expected :
        List.of("CHANGED ESTALE", "ACCESS_DENIED EACCES", "TIMED_OUT EIO", "CORRUPT EIO")) {
      Kind kind = Kind.valueOf(expected.split(" ")[0]);
      files.behave("file", new Behaviour.Failing(kind));
      assertThat(Child.python(script, mountPoint.resolve("file")).finish())
          .isEqualTo(expected.split(" ")[1]);
    }
    files.behave("file", new Behaviour.Broken());
    assertThat(Child.python(script, mountPoint.resolve("file")).finish()).isEqualTo("EIO");
    files.behave("file", new Behaviour.Short());
    assertThat(Child.python(script, mountPoint.resolve("file")).finish()).isEqualTo("EIO");
    assertThat(Child.shell("stat " + mountPoint + "/find-is-broken 2>&1 || true"))
        .contains("Input/output error");
    assertThat(Child.shell("cat " + mountPoint + "/missing 2>&1 || true")).contains("No such file");
  }

  @Test
  void aSlowReadHoldsUpNobodyElse() throws Exception {
    CountDownLatch latch = new CountDownLatch(1);
    byte[] bytes = random(2_000_000);
    files.put("slow", bytes);
    files.behave("slow", new Behaviour.Held(latch));
    files.put("quick", bytes);
    try (Child first = Child.start("sha256sum", mountPoint.resolve("slow").toString());
        Child second = Child.start("sha256sum", mountPoint.resolve("slow").toString())) {
      eventually(() -> mounted().statistics().readRequests() >= 1);
      assertThat(Child.shell("sha256sum < " + mountPoint + "/quick")).startsWith(sha256(bytes));
      assertThat(Child.shell("ls " + mountPoint)).isEqualTo("quick\nslow");
      latch.countDown();
      assertThat(first.finish()).startsWith(sha256(bytes));
      assertThat(second.finish()).startsWith(sha256(bytes));
    }
  }

  @Test
  void closingAMountInUseReturnsAndIsIdempotent() throws Exception {
    files.put("file", random(3_000_000));
    String script =
        "import sys; f = open(sys.argv[1], 'rb'); print(len(f.read(10)));"
            + " sys.stdin.readline()";
    try (Child child = Child.python(script, mountPoint.resolve("file"))) {
      assertThat(child.line()).isEqualTo("10");
      mounted().close();
      mounted().close();
      assertThat(Child.shell("ls -A " + mountPoint)).isEmpty();
      assertThat(files.openFiles()).isZero();
      child.proceed();
      child.finish();
    }
  }

  @Test
  void unmountingFromOutsideEndsTheMount() throws Exception {
    files.put("file", random(10));
    assertThat(Child.shell("cat %s/file | wc -c".formatted(mountPoint))).isEqualTo("10");
    Child.shell("umount " + mountPoint);
    mounted().onUnmounted().get(10, TimeUnit.SECONDS);
    assertThat(files.openFiles()).isZero();
    mounted().close();
  }

  @Test
  void aMountPointInUseIsRefused() {
    assertThatThrownBy(() -> FuseMount.mount(settings(mountPoint), files))
        .isInstanceOf(MountException.class)
        .hasMessageContaining("in use")
        .hasMessageContaining("gridset umount " + mountPoint);
  }

  static void eventually(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(90).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
      Thread.sleep(20);
    }
  }

  static byte[] random(int length) {
    byte[] bytes = new byte[length];
    RANDOM.nextBytes(bytes);
    return bytes;
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  static String shell(String command) {
    try {
      return Child.shell(command);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static void delete(Path path) {
    try {
      Files.delete(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
