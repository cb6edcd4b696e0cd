package io.gridset.client.peer;

import io.gridset.client.trust.Credential;
import io.gridset.client.wire.Wire;

/// A connection of the pool, greeted.
final class PeerConnection {
  private final PeerAddress address;
  private final Credential credential;
  private Lane lane;
  private final Wire wire;
  private boolean reused;
  private long idleSince;

  /// @param credential with which it was greeted
  PeerConnection(PeerAddress address, Credential credential, Lane lane, Wire wire) {
    this.address = address;
    this.credential = credential;
    this.lane = lane;
    this.wire = wire;
  }

  /// What a connection is for, since none shall wait for the others' sake.
  enum Lane {
    BLOCKS,
    CALLS,
    SIGNS
  }

  PeerAddress address() {
    return address;
  }

  /// Whether it was greeted with this credential.
  boolean isOf(Credential current) {
    return credential.equals(current);
  }

  /// The same in another lane.
  PeerConnection in(Lane other) {
    lane = other;
    return this;
  }

  Lane lane() {
    return lane;
  }

  Wire wire() {
    return wire;
  }

  /// Whether the member may have closed this one while it was idle.
  boolean isStaleUnlessHeard() {
    return reused && !wire.heard();
  }

  void markIdle(long now) {
    reused = true;
    idleSince = now;
  }

  long idleSince() {
    return idleSince;
  }
}
