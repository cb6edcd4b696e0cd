package io.gridset.server.object.grid;

import io.gridset.core.object.ObjectName;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.object.ObjectRecord;
import io.gridset.server.object.grid.CatalogEntry.Stage;
import io.gridset.server.peer.PeerCaller;
import io.gridset.server.peer.PeerOperation;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/// What a member is asked who is to hold a copy of an object: it brings it here and says when it
/// has. The request is the entry's text; its holders are where the bytes are.
final class CopyOperation implements PeerOperation {
  static final String NAME = "object-copy";

  /// How long the slowest copy may take, besides its bytes.
  private static final Duration BASE = Duration.ofSeconds(20);

  private static final long SLOWEST_BYTES_PER_SECOND = 20_000_000;

  private final ObjectFetcher fetcher;
  private final OwnHoldings own;

  CopyOperation(ObjectFetcher fetcher, OwnHoldings own) {
    this.fetcher = fetcher;
    this.own = own;
  }

  static byte[] request(ObjectRecord record) {
    return EntryCodec.text(CatalogEntry.of(Stage.ARRIVING, record).withoutPayload())
        .getBytes(StandardCharsets.UTF_8);
  }

  static CatalogEntry entry(byte[] request) throws StorageException {
    return EntryCodec.read(new String(request, StandardCharsets.UTF_8), null)
        .orElseThrow(
            () -> StorageException.of(Kind.UNSUPPORTED, "an object's entry in another format"));
  }

  /// How long to wait for the answer.
  static Duration patience(ObjectRecord record) {
    return BASE.plusSeconds(record.info().bytes() / SLOWEST_BYTES_PER_SECOND);
  }

  @Override
  public byte[] answer(PeerCaller caller, byte[] request) throws StorageException {
    caller.requireMember();
    bring(new ObjectRecord(entry(request).info(), null));
    return new byte[0];
  }

  /// Returns when this node holds the object, and the grid says so: who asked counts on it.
  void bring(ObjectRecord record) throws StorageException {
    ObjectName name = record.name();
    if (!own.holds(name, record.id())) {
      fetcher.fetch(record);
    }
    own.tell(name);
  }
}
