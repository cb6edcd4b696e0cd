package io.gridset.server.peer;

import io.gridset.client.peer.PeerCodec;
import io.gridset.client.trust.Greeting;
import io.gridset.client.wire.Frame;
import io.gridset.client.wire.FrameType;
import io.gridset.client.wire.FrameWriter;
import io.gridset.client.wire.Wire;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/// Greets whoever connects: same protocol, same cluster, and each side knows the secret or a token
/// derived from it.
record Doorkeeper(DataServerSettings settings, InstantSource clock) {
  /// Who may come in.
  ///
  /// @throws StorageException ACCESS_DENIED or UNSUPPORTED, to be sent; what the connection says
  PeerCaller greet(Wire wire) throws StorageException {
    Duration patience = settings.limits().greeting();
    Frame hello = expect(wire, FrameType.HELLO);
    if (hello.readInt() != PeerCodec.MAGIC) {
      throw hello.unexpected();
    }
    int version = hello.readInt();
    if (version != PeerCodec.VERSION) {
      throw StorageException.of(
          Kind.UNSUPPORTED,
          "it speaks version "
              + PeerCodec.VERSION
              + " of the protocol, and was spoken to in version "
              + version
              + ": run the same version of Gridset on both");
    }
    String cluster = hello.readText();
    String claims = hello.readText();
    byte[] theirs = hello.readBytes();
    hello.end();
    if (!cluster.equals(settings.cluster())) {
      throw StorageException.of(
          Kind.ACCESS_DENIED, "it does not belong to a cluster named '" + cluster + "'");
    }
    byte[] ours = Greeting.nonce();
    Greeting greeting = new Greeting(cluster, claims, new Greeting.Nonces(theirs, ours));
    wire.write(
        FrameWriter.of(FrameType.CHALLENGE)
            .writeBytes(ours)
            .writeBytes(greeting.serverProof(settings.token()))
            .finish(),
        patience);
    byte[] proof = expect(wire, FrameType.PROOF).readBytes();
    PeerCaller caller =
        new PeerCaller(greeting.checkClient(proof, settings.token(), clock.instant()));
    wire.write(FrameWriter.bare(FrameType.WELCOME), patience);
    return caller;
  }

  private Frame expect(Wire wire, FrameType type) throws StorageException {
    Frame frame = wire.await(settings.limits().greeting());
    if (frame.type() != type) {
      throw frame.unexpected();
    }
    return frame;
  }

  /// Whether a reader's token is still good; connections are kept for longer than tokens may last.
  ///
  /// @throws StorageException ACCESS_DENIED
  void checkStillValid(PeerCaller caller) throws StorageException {
    Optional<Boolean> expired = caller.claims().map(claims -> claims.isExpired(clock.instant()));
    if (expired.orElse(false)) {
      throw StorageException.of(
          Kind.ACCESS_DENIED, "the reader token has expired: ask for a new one");
    }
  }
}
