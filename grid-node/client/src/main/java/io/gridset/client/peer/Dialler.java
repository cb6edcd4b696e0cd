package io.gridset.client.peer;

import io.gridset.client.channel.Hearing;
import io.gridset.client.trust.Credential;
import io.gridset.client.trust.Greeting;
import io.gridset.client.wire.Frame;
import io.gridset.client.wire.FrameType;
import io.gridset.client.wire.FrameWriter;
import io.gridset.client.wire.Refusal;
import io.gridset.client.wire.Wire;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Resolves, connects and greets, all within the caller's patience.
record Dialler(PeerClientSettings settings, Wire.Terms terms, Ticker ticker) {
  Wire dial(PeerAddress address, Credential credential, Duration patience, Hearing hearing)
      throws StorageException {
    Duration most =
        patience.compareTo(settings.connectTimeout()) < 0 ? patience : settings.connectTimeout();
    long deadline = ticker.nanos() + most.toNanos();
    InetAddress host = resolve(address, most);
    InetSocketAddress place = new InetSocketAddress(host, address.port());
    Wire wire = Wire.connect(place, terms, left(deadline), hearing);
    try {
      greet(wire, address, credential, deadline);
      return wire;
    } catch (StorageException e) {
      wire.close();
      // Whoever is frozen still has a kernel that accepts: to the caller that is no connection.
      throw e.kind() == Kind.TIMED_OUT
          ? StorageException.retryable(Kind.UNAVAILABLE, e.getMessage() + " when greeted", e)
          : e;
    } catch (RuntimeException e) {
      wire.close();
      throw e;
    }
  }

  private Duration left(long deadline) {
    return Duration.ofNanos(Math.max(1, deadline - ticker.nanos()));
  }

  private void greet(Wire wire, PeerAddress address, Credential credential, long deadline)
      throws StorageException {
    byte[] nonce = Greeting.nonce();
    String claims = credential.claims();
    FrameWriter hello =
        FrameWriter.of(FrameType.HELLO)
            .writeInt(PeerCodec.MAGIC)
            .writeInt(PeerCodec.VERSION)
            .writeText(settings.cluster())
            .writeText(claims)
            .writeBytes(nonce);
    wire.write(hello.finish(), left(deadline));
    Frame challenge = expect(wire, FrameType.CHALLENGE, address, deadline);
    Greeting greeting =
        new Greeting(settings.cluster(), claims, new Greeting.Nonces(nonce, challenge.readBytes()));
    try {
      greeting.checkServer(challenge.readBytes(), credential);
    } catch (StorageException e) {
      throw StorageException.of(e.kind(), "member " + address + ": " + e.getMessage(), e);
    }
    wire.write(
        FrameWriter.of(FrameType.PROOF).writeBytes(greeting.clientProof(credential)).finish(),
        left(deadline));
    var _ = expect(wire, FrameType.WELCOME, address, deadline);
  }

  private Frame expect(Wire wire, FrameType type, PeerAddress address, long deadline)
      throws StorageException {
    Frame frame = wire.await(left(deadline));
    if (frame.type() == FrameType.REFUSED) {
      throw Refusal.decode(frame, "member " + address);
    }
    if (frame.type() != type) {
      throw frame.unexpected();
    }
    return frame;
  }

  /// On a thread of its own, because the system's resolver knows no timeout.
  private static InetAddress resolve(PeerAddress address, Duration patience)
      throws StorageException {
    FutureTask<InetAddress> lookup = new FutureTask<>(() -> InetAddress.getByName(address.host()));
    Thread.ofVirtual().name("resolve-" + address.host()).start(lookup);
    try {
      return lookup.get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw StorageException.retryable(
          Kind.UNAVAILABLE, "the host name " + address.host() + " cannot be resolved", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw StorageException.of(Kind.CANCELLED, "interrupted while resolving " + address, e);
    }
  }
}
