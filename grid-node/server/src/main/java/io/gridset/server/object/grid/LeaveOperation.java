package io.gridset.server.object.grid;

import io.gridset.core.store.StorageException;
import io.gridset.server.object.ObjectRecord;
import io.gridset.server.peer.PeerCaller;
import io.gridset.server.peer.PeerOperation;

/// What a member is asked that need not hold its copy of an object any more: it lets it go if
/// enough others hold it. The request is that of [CopyOperation].
final class LeaveOperation implements PeerOperation {
  static final String NAME = "object-leave";

  private final ObjectPlacer placer;

  LeaveOperation(ObjectPlacer placer) {
    this.placer = placer;
  }

  @Override
  public byte[] answer(PeerCaller caller, byte[] request) throws StorageException {
    caller.requireMember();
    placer.letGo(new ObjectRecord(CopyOperation.entry(request).info(), null));
    return new byte[0];
  }
}
