package io.gridset.server.object.socket;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/// A descriptor that one thread may close while others ask to shut it down: after the close, its
/// number may be somebody else's.
final class Descriptor implements AutoCloseable {
  private static final int BOTH_WAYS = 2;

  private final int number;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean closed;

  Descriptor(int number) {
    this.number = number;
  }

  /// Opens a file anew (open(2)).
  static Descriptor open(String path, int flags) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = Libc.state(arena);
      MemorySegment name = arena.allocateFrom(path);
      int number;
      do {
        number = (int) Libc.OPEN.invokeExact(state, name, flags, 0);
      } while (number < 0 && Libc.errno(state) == Libc.EINTR);
      if (number < 0) {
        throw Libc.failure("open", path, Libc.errno(state));
      }
      return new Descriptor(number);
    } catch (IOException e) {
      throw e;
    } catch (Throwable t) {
      throw Libc.impossible(t);
    }
  }

  /// For the thread that will close it.
  int number() {
    return number;
  }

  /// Ends both directions of a socket; whoever waits in it returns.
  void shutdown() {
    lock.readLock().lock();
    try (Arena arena = Arena.ofConfined()) {
      if (!closed) {
        int ignored = (int) Libc.SHUTDOWN.invokeExact(Libc.state(arena), number, BOTH_WAYS);
      }
    } catch (Throwable t) {
      throw Libc.impossible(t);
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try (Arena arena = Arena.ofConfined()) {
      if (!closed) {
        closed = true;
        int ignored = (int) Libc.CLOSE.invokeExact(Libc.state(arena), number);
      }
    } catch (Throwable t) {
      throw Libc.impossible(t);
    } finally {
      lock.writeLock().unlock();
    }
  }
}
