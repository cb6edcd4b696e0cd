package io.gridset.fuse.objects;

import io.gridset.core.file.FileEntry;
import io.gridset.core.file.WritableFile;
import io.gridset.core.object.ObjectAttributes;
import io.gridset.core.object.ObjectName;
import io.gridset.core.object.ObjectStore;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import io.gridset.fuse.objects.ObjectPaths.Meaning;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A file that is being written, until it is an object or gone. Thread-safe.
final class Draft {
  private static final Logger LOG = LoggerFactory.getLogger(Draft.class);

  /// Who asks what made an object that came as a file is told so.
  private static final ObjectAttributes ATTRIBUTES =
      new ObjectAttributes("table", false, 1, null, Map.of(), List.of(), "file in a mount");

  private final ReentrantLock lock = new ReentrantLock();

  private final StagedBytes bytes;
  private final FileEntry created;
  private final Ticker ticker;
  private final Consumer<Draft> whenGone;
  private volatile long usedNanos;
  private volatile Meaning meaning;
  private volatile State state = State.OPEN;
  private boolean changed = true;
  private boolean abandoned;
  private boolean discarded;
  private @Nullable StorageException refusal;

  /// Why bytes that somebody wrote are not there. Programs hear of it again when they close: many
  /// look nowhere else.
  private @Nullable StorageException missing;

  private final AtomicInteger opens = new AtomicInteger();

  private enum State {
    OPEN,
    SEALED,
    GONE
  }

  /// @param whenGone told when its last user has left it without anybody to finish it
  Draft(ObjectStore store, String namespace, Start start, Ticker ticker, Consumer<Draft> whenGone) {
    bytes = new StagedBytes(store, namespace);
    created = start.entry();
    meaning = start.meaning();
    this.ticker = ticker;
    this.whenGone = whenGone;
    usedNanos = ticker.nanos();
  }

  /// What a draft begins as.
  record Start(FileEntry entry, Meaning meaning) {}

  /// As it is now, at the path where it was created.
  FileEntry entry() {
    return entry(created.path(), created.modified());
  }

  FileEntry entry(String path, Instant modified) {
    return new FileEntry(path, bytes.sizeBytes(), modified, created.inode(), created.version());
  }

  /// Whether nobody has had it open for writing since the ticker said `nanos`.
  boolean isIdleSince(long nanos) {
    return opens.get() == 0 && usedNanos - nanos < 0;
  }

  WritableFile open() throws StorageException {
    lock.lock();
    try {
      checkOpen();
      opens.incrementAndGet();
      return new Handle();
    } finally {
      lock.unlock();
    }
  }

  /// Calls it by the name of an object: finishes it, unless a program that has it open is still to
  /// close it.
  void become(ObjectName name) throws StorageException {
    lock.lock();
    try {
      checkOpen();
      Meaning before = meaning;
      meaning = new Meaning.OfObject(name);
      if (opens.get() > 0 && changed) {
        return;
      }
      try {
        seal(name);
      } catch (StorageException e) {
        meaning = before;
        throw e;
      }
    } finally {
      lock.unlock();
    }
  }

  ByteBuffer read(long position, int length) throws StorageException {
    lock.lock();
    try {
      checkOpen();
      return bytes.read(position, length);
    } finally {
      lock.unlock();
    }
  }

  /// It will never be an object; its memory goes with the last who has it open.
  void discard() {
    lock.lock();
    try {
      discarded = true;
      meaning = new Meaning.Temporary();
      if (opens.get() == 0) {
        end(State.GONE);
      }
    } finally {
      lock.unlock();
    }
  }

  /// It ends here and now, whoever has it open.
  void end() {
    lock.lock();
    try {
      end(State.GONE);
    } finally {
      lock.unlock();
    }
  }

  private void end(State last) {
    if (state == State.OPEN) {
      state = last;
      bytes.close();
    }
  }

  private void checkOpen() throws StorageException {
    switch (state) {
      case OPEN -> {}
      case SEALED ->
          throw StorageException.of(
              Kind.CHANGED, created.path() + " is an object by now and never changes");
      case GONE -> throw StorageException.of(Kind.CHANGED, created.path() + " was given up");
    }
  }

  /// Without new bytes the answer is the one that was given before.
  private void finish() throws StorageException {
    if (!(meaning instanceof Meaning.OfObject(ObjectName name)) || state != State.OPEN) {
      changed = false;
      return;
    }
    if (!changed && refusal != null) {
      throw refusal.again();
    }
    changed = false;
    try {
      seal(name);
      refusal = null;
    } catch (StorageException e) {
      refusal = e;
      throw e;
    }
  }

  private void seal(ObjectName name) throws StorageException {
    if (missing != null) {
      throw missing.again();
    }
    if (!bytes.looksWhole()) {
      throw StorageException.of(
          Kind.INVALID,
          "object "
              + name
              + ": a file of "
              + bytes.sizeBytes()
              + " bytes that does not begin and end as an Arrow IPC file does");
    }
    try {
      bytes.seal(name, ATTRIBUTES);
      end(State.SEALED);
    } catch (StorageException e) {
      if (e.kind() != Kind.ALREADY_EXISTS) {
        end(State.GONE);
        whenGone.accept(this);
      }
      throw e;
    }
  }

  private void released() {
    usedNanos = ticker.nanos();
    if (opens.decrementAndGet() > 0 || state != State.OPEN) {
      return;
    }
    if (meaning instanceof Meaning.OfObject && changed && !abandoned) {
      try {
        finish(); // Written through a mapping after it was closed.
      } catch (StorageException e) {
        LOG.warn("{}", e.getMessage());
      }
    }
    if (abandoned || discarded || meaning instanceof Meaning.OfObject) {
      end(State.GONE);
      whenGone.accept(this);
    }
  }

  /// One open of the draft.
  private final class Handle implements WritableFile {
    private boolean closed;

    @Override
    public FileEntry entry() {
      return Draft.this.entry();
    }

    @Override
    public void write(ByteBuffer data, long position) throws StorageException {
      lock.lock();
      try {
        put(data, position);
      } finally {
        lock.unlock();
      }
    }

    @Override
    public boolean writeAtOnce(ByteBuffer data, long position) throws StorageException {
      if (!lock.tryLock()) {
        return false;
      }
      try {
        if (!bytes.isReadyFor(position, data.remaining())) {
          return false;
        }
        put(data, position);
        return true;
      } finally {
        lock.unlock();
      }
    }

    private void put(ByteBuffer data, long position) throws StorageException {
      checkOpen();
      changed = true;
      try {
        bytes.write(data, position);
      } catch (StorageException e) {
        missing = e;
        throw e;
      }
    }

    @Override
    public ByteBuffer read(long position, int length) throws StorageException {
      return Draft.this.read(position, length);
    }

    @Override
    public void truncate(long sizeBytes) throws StorageException {
      lock.lock();
      try {
        checkOpen();
        changed = true;
        bytes.truncate(sizeBytes);
        missing = sizeBytes == 0 ? null : missing;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void flush() throws StorageException {
      lock.lock();
      try {
        abandoned = false;
        finish();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void abandon() {
      lock.lock();
      try {
        abandoned = true;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void close() {
      lock.lock();
      try {
        if (!closed) {
          closed = true;
          released();
        }
      } finally {
        lock.unlock();
      }
    }
  }
}
