package io.gridset.client.peer;

import io.gridset.core.block.FileVersion;
import io.gridset.core.store.StorageException;
import java.time.Duration;

/// Other members, as one who asks them sees it. Connections are kept and reused; their number is
/// bounded. Thread-safe.
public interface Peers extends AutoCloseable {
  /// Sends a request for a block.
  ///
  /// @throws StorageException UNAVAILABLE when there is no connection within `patience`;
  ///   ACCESS_DENIED when the member does not accept this node
  BlockExchange ask(PeerAddress member, BlockRequest request, Duration patience)
      throws StorageException;

  /// What a member has of a file version.
  ///
  /// @throws StorageException as [#ask], and TIMED_OUT
  Presence presence(PeerAddress member, FileVersion version, Duration patience)
      throws StorageException;

  /// Returns when the member has answered at all.
  ///
  /// @throws StorageException as [#presence]
  void ping(PeerAddress member, Duration patience) throws StorageException;

  /// Asks for one of the small operations that a member registers by name: listings, offers. A
  /// request whose answer got lost may be sent twice.
  ///
  /// @param request at most 1 MiB
  /// @return at most 64 MiB
  /// @throws StorageException as [#presence], what the operation fails with, and UNSUPPORTED for
  ///   one that the member does not know
  byte[] call(PeerAddress member, String operation, byte[] request, Duration patience)
      throws StorageException;

  @Override
  void close();
}
