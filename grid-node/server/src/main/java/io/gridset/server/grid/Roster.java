package io.gridset.server.grid;

import io.gridset.server.state.RecordChange;
import io.gridset.server.state.RecordExchange;
import io.gridset.server.state.RecordStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Who belongs to the grid, journalled by every member: whoever joined and has not left gracefully
/// or been forgotten. Thread-safe.
final class Roster implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Roster.class);
  private static final String MEMBER = "member/";

  private final RecordStore records;

  private Roster(RecordStore records) {
    this.records = records;
  }

  /// @throws IOException also when another process uses the directory
  static Roster open(Path directory, RecordExchange exchange) throws IOException {
    return new Roster(RecordStore.open(directory, exchange, key -> key.startsWith(MEMBER)));
  }

  /// By id.
  Map<String, KnownMember> known() {
    Map<String, KnownMember> known = new TreeMap<>();
    records
        .live()
        .forEach(
            record -> {
              String id = record.key().substring(MEMBER.length());
              KnownMember.decode(id, String.valueOf(record.body()))
                  .ifPresent(member -> known.put(id, member));
            });
    return known;
  }

  /// Notes a member, unless it stands there just so. While the disk fails nothing is noted, which
  /// the next call makes up for.
  void remember(KnownMember member) {
    if (!Optional.of(member).equals(Optional.ofNullable(known().get(member.id())))) {
      try {
        change(member.id(), Optional.of(member.encode()));
      } catch (UncheckedIOException e) {
        LOG.debug("not noted who belongs to the grid", e); // The node tells of a full disk.
      }
    }
  }

  void forget(String id) {
    if (records.find(MEMBER + id).isPresent()) {
      change(id, Optional.empty());
    }
  }

  private void change(String id, Optional<String> body) {
    records.write(List.of(new RecordChange(MEMBER + id, id, body.orElse(null))));
  }

  void watch(Runnable changed) {
    records.watch(changed);
  }

  @Override
  public void close() {
    records.close();
  }
}
