package io.gridset.server.peer;

import java.io.EOFException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;

/// Raw TCP to compare the data server with: blocks of a file on request, without frames, proofs or
/// checksums, written from a mapping or by sendfile. A program:
///
/// - `serve ADDRESS PORT FILE mapped|sendfile`: a connection asks with 12 bytes (offset as long,
///   length as int) and gets the bytes
/// - `fetch ADDRESS PORT BYTES BLOCK_BYTES`: asks for block after block, each when the one before
///   is there, and prints the rate
/// - `compare FILE ROUNDS`: both ways of writing in turn over the loopback device, rate and
///   processor time of the sender and of both ends together, medians
public final class RawPeer {
  private static final int REQUEST_BYTES = Long.BYTES + Integer.BYTES;
  private static final int BLOCK_BYTES = 4 << 20;
  private static final double GIB = 1L << 30;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private RawPeer() {}

  private enum Way {
    MAPPED,
    SENDFILE
  }

  /// What one round took, per GiB.
  private record Figures(double gibPerSecond, double senderCpu, double bothCpu) {}

  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "serve" -> {
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
          listener.bind(new InetSocketAddress(args[1], Integer.parseInt(args[2])));
          while (true) {
            SocketChannel channel = listener.accept();
            Way way = Way.valueOf(args[4].toUpperCase(Locale.ROOT));
            Thread.ofPlatform().start(() -> serveQuietly(channel, Path.of(args[3]), way));
          }
        }
      }
      case "fetch" -> {
        long bytes = Long.parseLong(args[3]);
        InetSocketAddress address = new InetSocketAddress(args[1], Integer.parseInt(args[2]));
        long start = System.nanoTime();
        fetch(address, bytes, Integer.parseInt(args[4]));
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf(
            Locale.ROOT, "%.3f s, %.1f MiB/s%n", seconds, bytes / seconds / (1 << 20));
      }
      case "compare" -> compare(Path.of(args[1]), Integer.parseInt(args[2]));
      default -> throw new IllegalArgumentException("serve, fetch or compare");
    }
  }

  private static void compare(Path file, int rounds) throws Exception {
    Figures[][] figures = new Figures[Way.values().length][rounds];
    for (int round = -1; round < rounds; round++) {
      for (Way way : Way.values()) {
        Figures got = round(file, way);
        if (round >= 0) {
          figures[way.ordinal()][round] = got;
        }
      }
    }
    for (Way way : Way.values()) {
      Figures[] own = figures[way.ordinal()];
      System.out.printf(
          Locale.ROOT,
          "%-8s %.2f GiB/s, sender %.3f CPU-s/GiB, both ends %.3f CPU-s/GiB%n",
          way,
          median(Arrays.stream(own).mapToDouble(Figures::gibPerSecond).toArray()),
          median(Arrays.stream(own).mapToDouble(Figures::senderCpu).toArray()),
          median(Arrays.stream(own).mapToDouble(Figures::bothCpu).toArray()));
    }
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }

  private static Figures round(Path file, Way way) throws Exception {
    long bytes = Files.size(file);
    long[] cpu = new long[1];
    try (ServerSocketChannel listener =
        ServerSocketChannel.open()
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      Thread sender =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      serveQuietly(listener.accept(), file, way);
                    } catch (IOException e) {
                      throw new AssertionError(e);
                    }
                    cpu[0] = THREADS.getCurrentThreadCpuTime();
                  });
      long start = System.nanoTime();
      long ownCpu = THREADS.getCurrentThreadCpuTime();
      fetch((InetSocketAddress) listener.getLocalAddress(), bytes, BLOCK_BYTES);
      ownCpu = THREADS.getCurrentThreadCpuTime() - ownCpu;
      double seconds = (System.nanoTime() - start) / 1e9;
      sender.join();
      double gib = bytes / GIB;
      return new Figures(gib / seconds, cpu[0] / 1e9 / gib, (cpu[0] + ownCpu) / 1e9 / gib);
    }
  }

  private static void serveQuietly(SocketChannel channel, Path file, Way way) {
    try (channel;
        FileChannel from = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer mapping =
          way == Way.MAPPED ? from.map(FileChannel.MapMode.READ_ONLY, 0, from.size()) : null;
      ByteBuffer request = ByteBuffer.allocateDirect(REQUEST_BYTES);
      while (true) {
        readFully(channel, request.clear());
        long offset = request.flip().getLong();
        int length = request.getInt();
        if (mapping == null) {
          long end = offset + length;
          while (offset < end) {
            offset += from.transferTo(offset, end - offset, channel);
          }
        } else {
          ByteBuffer[] all = {mapping.slice((int) offset, length)};
          while (all[0].hasRemaining()) {
            channel.write(all);
          }
        }
      }
    } catch (IOException e) {
      // The other side has what it wants.
      assert e != null;
    }
  }

  private static void fetch(InetSocketAddress address, long bytes, int blockBytes)
      throws IOException {
    try (SocketChannel channel = SocketChannel.open(address)) {
      ByteBuffer request = ByteBuffer.allocateDirect(REQUEST_BYTES);
      ByteBuffer into = ByteBuffer.allocateDirect(1 << 20);
      for (long offset = 0; offset < bytes; offset += blockBytes) {
        int left = (int) Math.min(blockBytes, bytes - offset);
        request.clear().putLong(offset).putInt(left).flip();
        while (request.hasRemaining()) {
          channel.write(request);
        }
        while (left > 0) {
          readFully(channel, into.clear().limit(Math.min(left, into.capacity())));
          left -= into.position();
        }
      }
    }
  }

  private static void readFully(SocketChannel channel, ByteBuffer into) throws IOException {
    while (into.hasRemaining()) {
      if (channel.read(into) < 0) {
        throw new EOFException();
      }
    }
  }
}
