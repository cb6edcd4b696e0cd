package io.gridset.fuse;

import static io.gridset.fuse.MountContractTest.eventually;
import static io.gridset.fuse.MountContractTest.random;
import static io.gridset.fuse.MountContractTest.sha256;
import static io.gridset.fuse.MountContractTest.shell;
import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.object.ObjectName;
import io.gridset.core.unit.Ticker;
import io.gridset.fuse.objects.ObjectFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Objects as files through the kernel's protocol, seen by programs that use the mount.
final class ObjectsMountTest {
  /// Writes the parts of a file in a style, closes it and prints how that went.
  private static final String WRITE_STYLES =
      """
      import errno, mmap, os, random, sys
      objects, source = sys.argv[1], open(sys.argv[2], 'rb').read(); size = len(source)
      def sequential(fd):
          for at in range(0, size, 300_001): os.write(fd, source[at:at+300_001])
      def shuffled(fd):
          parts = list(range(0, size, 70_000)); random.Random(7).shuffle(parts)
          for at in parts: os.pwrite(fd, source[at:at+70_000], at)
      def tail_first(fd):
          os.pwrite(fd, source[-8:], size - 8); os.pwrite(fd, source[:-8], 0)
      def lengthened(fd):
          os.ftruncate(fd, size); os.pwrite(fd, source, 0)
      def cut(fd):
          os.write(fd, source + b'too much'); os.ftruncate(fd, size)
      def again(fd):
          os.write(fd, b'x' * size * 2); os.ftruncate(fd, 0); os.lseek(fd, 0, 0); os.write(fd, source)
      def mapped(fd):
          os.ftruncate(fd, size)
          with mmap.mmap(fd, size) as m: m[:] = source; m.flush()
      def appended(fd):
          for at in range(0, size, 500_000): os.write(fd, source[at:at+500_000])
      def readback(fd):
          os.write(fd, source); assert os.pread(fd, 1000, 5) == source[5:1005]
          assert os.fstat(fd).st_size == size and os.lseek(fd, 0, 2) == size
      def bystanders(fd):
          os.write(fd, source); os.fsync(fd); os.fchmod(fd, 0o600); os.utime(fd)
          os.close(os.dup(fd))
      for style in (sequential, shuffled, tail_first, lengthened, cut, again, mapped, appended,
                    readback, bystanders):
          name = objects + '/' + style.__name__ + '.arrow'
          flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | (os.O_APPEND if style is appended else 0)
          fd = os.open(name, flags)
          style(fd); os.close(fd)
          with open(name, 'rb') as f: print(style.__name__, f.read() == source)
      """;

  private static final String FAILURES =
      """
      import errno, os, sys
      objects, source = sys.argv[1], open(sys.argv[2], 'rb').read()
      def told(what, call):
          try: call(); print(what, 'succeeded')
          except OSError as e: print(what, errno.errorcode[e.errno])
      def write(name, data):
          with open(objects + '/' + name, 'wb', buffering=0) as f:
              while data: data = data[f.write(data):]
      write('here.arrow', source)
      told('text', lambda: write('text.arrow', b'a,b\\n1,2\\n' * 1000))
      told('half', lambda: write('half.arrow', source[:-100]))
      corrupt = source[:8] + b'\\xbd' + source[9:]
      told('corrupt', lambda: write('corrupt.arrow', corrupt))
      told('empty', lambda: write('empty.arrow', b''))
      told('again', lambda: write('here.arrow', source))
      told('append', lambda: open(objects + '/here.arrow', 'ab'))
      told('truncate', lambda: os.truncate(objects + '/here.arrow', 10))
      told('parquet', lambda: write('table.parquet', source))
      told('name', lambda: write('a b.arrow', source))
      told('root', lambda: open(os.path.dirname(objects) + '/x.arrow', 'wb'))
      told('full', lambda: write('full.arrow', source + b'x' * (12 << 20)))
      told('symlink', lambda: os.symlink('x', objects + '/s'))
      told('link', lambda: os.link(objects + '/here.arrow', objects + '/l.arrow'))
      told('rename', lambda: os.rename(objects + '/here.arrow', objects + '/there.arrow'))
      write('bad.arrow.tmp', b'no table')
      told('rename bad', lambda: os.rename(objects + '/bad.arrow.tmp', objects + '/bad.arrow'))
      write('corrupt.tmp', corrupt)
      told('rename corrupt', lambda: os.rename(objects + '/corrupt.tmp', objects + '/c.arrow'))
      write('good.tmp', source)
      told('rename onto', lambda: os.rename(objects + '/good.tmp', objects + '/here.arrow'))
      print(sorted(os.listdir(objects)))
      a, b = (os.open(objects + '/race.arrow', os.O_CREAT | os.O_EXCL | os.O_WRONLY) for _ in 'ab')
      os.write(a, source); os.write(b, source)
      told('first', lambda: os.close(a)); told('second', lambda: os.close(b))
      """;

  /// Opens, writes, says so, and then waits to be killed or let go.
  private static final String SLOW_WRITER =
      """
      import os, sys
      fd = os.open(sys.argv[1], os.O_CREAT | os.O_EXCL | os.O_WRONLY)
      data = open(sys.argv[2], 'rb').read(); half = len(data) // 2
      os.write(fd, data[:half]); print('half'); sys.stdin.readline()
      os.write(fd, data[half:]); print('whole'); sys.stdin.readline()
      os.close(fd); print(os.path.exists(sys.argv[1]))
      """;

  private Path directory = Path.of("/");
  private Path objects = Path.of("/");
  private Path source = Path.of("/");
  private byte[] bytes = new byte[0];
  private final AtomicLong nanos = new AtomicLong();
  private TestingObjectStore store = new TestingObjectStore(directory);
  private @Nullable FuseMount mount;

  @BeforeEach
  void mount() throws Exception {
    Machine.assumeFuse();
    directory = Files.createTempDirectory(Path.of("/dev/shm"), "gridset-fuse-");
    Path mountPoint = Files.createDirectory(directory.resolve("mount"));
    Path segments = Files.createDirectory(directory.resolve("segments"));
    store = new TestingObjectStore(segments);
    Ticker ticker = nanos::get;
    mount =
        FuseMount.mount(
            MountSettings.of(mountPoint, "gridset:objects").withTransport(TransportChoice.KERNEL),
            new ObjectFiles(store, "default", InstantSource.system(), ticker));
    objects = mountPoint.resolve("objects");
    bytes = table(3_300_000);
    source = Files.write(directory.resolve("source.arrow"), bytes);
  }

  @AfterEach
  void unmountAndCheckForLeaks() throws Exception {
    if (mount != null) {
      mount.close();
      assertThat(mount.statistics().unexpectedErrors()).as("unexpected errors").isZero();
      assertThat(store.openFiles()).as("objects left open").isZero();
      assertThat(store.staged()).as("memory left staged").isZero();
      try (Stream<Path> left = Files.walk(directory)) {
        left.sorted(Comparator.reverseOrder()).forEach(ObjectsMountTest::delete);
      }
    }
  }

  @Test
  void objectsAreFilesThatTheKernelReadsItself() throws Exception {
    store.put("risk/2024/x_train", bytes);
    store.put("plain", table(100));
    assertThat(shell("cd " + objects + "/.. && find . | sort"))
        .isEqualTo(
            ".\n./objects\n./objects/plain.arrow\n./objects/risk\n./objects/risk/2024\n"
                + "./objects/risk/2024/x_train.arrow");
    String file = objects + "/risk/2024/x_train.arrow";
    assertThat(shell("sha256sum < " + file)).startsWith(sha256(bytes));
    assertThat(shell("cmp %s %s && stat -c '%%a %%s' %s".formatted(file, source, file)))
        .isEqualTo("644 " + bytes.length);
    assertThat(shell("getfattr --absolute-names --only-values -n user.gridset.cached " + file))
        .isEqualTo("100.0%");
    if (mounted().passthrough()) {
      assertThat(mounted().statistics().readRequests()).isZero();
      assertThat(mounted().statistics().passthroughOpens()).isEqualTo(2);
    }
    store.put("late", bytes);
    assertThat(shell("sha256sum < " + objects + "/late.arrow")).startsWith(sha256(bytes));
    assertThat(store.delete(ObjectName.of("late"))).isTrue();
    assertThat(shell("cat " + objects + "/late.arrow 2>&1 || true")).contains("No such file");
    store.put("late", table(777));
    assertThat(shell("wc -c < " + objects + "/late.arrow")).isEqualTo("777");
  }

  @Test
  void filesWrittenInAnyStyleBecomeObjects() throws Exception {
    String[] styles = Child.python(WRITE_STYLES, objects, source).finish().split("\n");
    assertThat(styles).hasSize(10).allSatisfy(style -> assertThat(style).endsWith("True"));
    String o = objects.toString();
    shell("cp %s %s/cp.arrow && cmp %s %s/cp.arrow".formatted(source, o, source, o));
    shell("cp -a %s %s/preserved.arrow".formatted(source, o));
    shell("dd if=%s of=%s/dd.arrow bs=4k status=none".formatted(source, o));
    shell("cat %s > %s/redirected.arrow".formatted(source, o));
    shell("{ head -c 1000 %s; tail -c +1001 %s; } > %s/two.arrow".formatted(source, source, o));
    shell("cp %s %s/inside.arrow".formatted(o + "/cp.arrow", o));
    shell("cp %s %s/m && mv %s/m %s/moved.arrow".formatted(source, directory, directory, o));
    assertThat(shell("for f in " + o + "/*.arrow; do cmp $f " + source + " && echo same; done"))
        .isEqualTo("same\n".repeat(17).strip());
    assertThat(store.find(ObjectName.of("cp")).orElseThrow().bytes()).isEqualTo(bytes.length);
  }

  @Test
  void aTemporaryFileBecomesAnObjectWhenItIsRenamed() throws Exception {
    String o = objects.toString();
    for (String name : new String[] {"x.arrow.tmp", ".x.arrow.Ab1", "tmpab12", "x.part"}) {
      shell("cp %s %s/%s && ls -A %s | grep -qF %s".formatted(source, o, name, o, name));
      assertThat(shell("cmp %s %s/%s && stat -c %%s %s/%s".formatted(source, o, name, o, name)))
          .isEqualTo(Integer.toString(bytes.length));
      shell("mv %s/%s %s/.other && mkdir -p %s/d".formatted(o, name, o, o));
      shell("mv %s/.other %s/d/x.arrow && cmp %s %s/d/x.arrow".formatted(o, o, source, o));
      assertThat(shell("ls -A " + o)).isEqualTo("d");
      shell("rm " + o + "/d/x.arrow");
    }
    shell("cp %s %s/a.tmp && rm %s/a.tmp".formatted(source, o, o));
    assertThat(store.staged()).isZero();
  }

  @Test
  void whatCannotBeAnObjectIsRefusedWithTheReasonsNumber() throws Exception {
    store.limit(11 << 20);
    assertThat(Child.python(FAILURES, objects, source).finish())
        .isEqualTo(
            """
            text EINVAL
            half EINVAL
            corrupt EINVAL
            empty EINVAL
            again EEXIST
            append EEXIST
            truncate EEXIST
            parquet EINVAL
            name EINVAL
            root EACCES
            full ENOSPC
            symlink EPERM
            link EPERM
            rename EXDEV
            rename bad EINVAL
            rename corrupt EINVAL
            rename onto EEXIST
            ['bad.arrow.tmp', 'good.tmp', 'here.arrow']
            first succeeded
            second EEXIST""");
    shell("mv %s/here.arrow %s/there.arrow".formatted(objects, objects));
    assertThat(shell("cmp %s/there.arrow %s && ls %s | wc -l".formatted(objects, source, objects)))
        .isEqualTo("4");
  }

  @Test
  void nobodySeesAFileBeforeItIsClosed() throws Exception {
    Path file = objects.resolve("slow.arrow");
    try (Child writer = Child.python(SLOW_WRITER, file, source)) {
      for (String step : new String[] {"half", "whole"}) {
        assertThat(writer.line()).isEqualTo(step);
        assertThat(shell("ls -A %s; test -e %s && echo yes || echo no".formatted(objects, file)))
            .isEqualTo("no");
        assertThat(store.list("default", "")).isEmpty();
        writer.proceed();
      }
      assertThat(writer.finish()).isEqualTo("True");
    }
    assertThat(shell("cmp %s %s && ls %s".formatted(file, source, objects)))
        .isEqualTo("slow.arrow");
  }

  @Test
  void aWriterThatIsKilledLeavesNothing() throws Exception {
    for (String name : new String[] {"killed.arrow", "killed.arrow.tmp", ".killed"}) {
      for (String killedAt : new String[] {"half", "whole"}) {
        try (Child writer = Child.python(SLOW_WRITER, objects.resolve(name), source)) {
          assertThat(writer.line()).isEqualTo("half");
          if (killedAt.equals("whole")) {
            writer.proceed();
            assertThat(writer.line()).isEqualTo("whole");
          }
          assertThat(store.staged()).isOne();
          writer.process().destroyForcibly().waitFor(20, TimeUnit.SECONDS);
          eventually(() -> store.staged() == 0);
          eventually(() -> shell("ls -A " + objects).isEmpty());
          assertThat(store.list("default", "")).isEmpty();
        }
      }
    }
  }

  @Test
  void aTemporaryFileThatEverybodyForgotGivesItsMemoryBack() throws Exception {
    shell("cp %s %s/forgotten.tmp".formatted(source, objects));
    shell("cp %s %s/other.tmp".formatted(source, objects));
    assertThat(store.staged()).isEqualTo(2);
    String used =
        "echo >> %s/other.tmp; touch %s/.new; rm %s/.new; ls %s".replace("%s", "" + objects);
    eventually(
        () -> {
          nanos.addAndGet(Duration.ofMinutes(4).toNanos());
          return shell(used).equals("other.tmp");
        });
    assertThat(nanos.get()).isGreaterThan(Duration.ofMinutes(10).toNanos());
    assertThat(store.staged()).isOne();
  }

  @Test
  void aMappingOfADeletedObjectStaysAsItWas() throws Exception {
    store.put("mapped", bytes);
    String script =
        """
        import hashlib, mmap, os, sys
        fd = os.open(sys.argv[1], os.O_RDONLY)
        m = mmap.mmap(fd, 0, prot=mmap.PROT_READ); os.close(fd)
        print('mapped'); sys.stdin.readline(); print(hashlib.sha256(m).hexdigest())
        """;
    try (Child reader = Child.python(script, objects.resolve("mapped.arrow"))) {
      assertThat(reader.line()).isEqualTo("mapped");
      shell("rm -f " + objects + "/mapped.arrow");
      assertThat(store.find(ObjectName.of("mapped"))).isEmpty();
      shell("cp %s %s/mapped.arrow".formatted(source, objects));
      store.put("another", table(bytes.length));
      reader.proceed();
      assertThat(reader.finish()).isEqualTo(sha256(bytes));
    }
  }

  @Test
  void directoriesComeAndGoAsProgramsExpect() throws Exception {
    String o = objects.toString();
    shell("mkdir -p %s/a/b && test -d %s/a/b && ls -A %s/a".formatted(o, o, o));
    shell("cp %s %s/a/b/x.arrow && cp %s %s/a/y.arrow".formatted(source, o, source, o));
    assertThat(shell("rmdir " + o + "/a/b 2>&1 || true")).contains("not empty");
    assertThat(shell("mkdir " + o + "/a 2>&1 || true")).contains("exists");
    shell("rm " + o + "/a/b/x.arrow && test -d " + o + "/a/b && rmdir " + o + "/a/b");
    assertThat(shell("ls " + o + "/a")).isEqualTo("y.arrow");
    store.put("a/c/d/z", table(100));
    shell("rm -r " + o + "/a");
    assertThat(shell("ls -A " + o)).isEmpty();
    assertThat(store.list("default", "")).isEmpty();
  }

  @Test
  void unmountingGivesBackWhatIsBeingWritten() throws Exception {
    shell("cp %s %s/left.tmp".formatted(source, objects));
    try (Child writer = Child.python(SLOW_WRITER, objects.resolve("open.arrow"), source)) {
      assertThat(writer.line()).isEqualTo("half");
      assertThat(store.staged()).isEqualTo(2);
      mounted().close();
      assertThat(store.staged()).isZero();
    }
    assertThat(store.list("default", "")).isEmpty();
  }

  private FuseMount mounted() {
    return Objects.requireNonNull(mount);
  }

  /// What begins and ends as an IPC file does.
  private static byte[] table(int length) {
    byte[] bytes = random(length);
    byte[] magic = "ARROW1".getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(magic, 0, bytes, 0, magic.length);
    System.arraycopy(magic, 0, bytes, length - magic.length, magic.length);
    bytes[TestingObjectStore.TOLD_AT] = 0;
    return bytes;
  }

  private static void delete(Path path) {
    try {
      Files.delete(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
