package io.gridset.server.peer;

import io.gridset.server.read.RequestGate;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/// The bounds of requests under way to each member: together as many as there are connections to
/// it, so that a queue here is never taken for silence there. Two gates a member, for what is taken
/// from its cache may be what another member's asking flight waits for: that must not queue behind
/// this node's own asking ones, which wait longer. Thread-safe.
final class MemberGates {
  /// Of the 16 connections to a member, those for asking it as the home.
  static final int ASKING = 12;

  /// And those for what it has or is loading from the origin.
  static final int TAKING = 4;

  /// Places that only those may take for whom somebody waits.
  private static final int RESERVED = 1;

  private final ConcurrentMap<String, Gates> gates = new ConcurrentHashMap<>();

  private record Gates(RequestGate asking, RequestGate taking) {}

  RequestGate asking(String member) {
    return of(member).asking();
  }

  RequestGate taking(String member) {
    return of(member).taking();
  }

  /// Whoever waits for a place at this member looks again whether it wants to.
  void reconsider(String member) {
    asking(member).reconsider();
    taking(member).reconsider();
  }

  private Gates of(String member) {
    return gates.computeIfAbsent(
        member,
        _ -> new Gates(new RequestGate(ASKING, RESERVED), new RequestGate(TAKING, RESERVED)));
  }
}
