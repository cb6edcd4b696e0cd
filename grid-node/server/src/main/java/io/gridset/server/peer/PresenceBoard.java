package io.gridset.server.peer;

import io.gridset.client.peer.PeerAddress;
import io.gridset.client.peer.Presence;
import io.gridset.core.block.BlockKey;
import io.gridset.core.block.FileVersion;
import io.gridset.core.placement.Ranking;
import io.gridset.core.store.StorageException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Who has what of the file versions that are being loaded, asked side by side, once for all blocks
/// of a file version, and believed for moments. Thread-safe.
final class PresenceBoard {
  /// Members asked for one file version; in a larger grid, for one block, by its rank.
  static final int MAX_ASKED = 32;

  /// Longest wait for a silent member's answer: many round trips, no more, since the origin is
  /// waiting.
  static final Duration PATIENCE = Duration.ofMillis(200);

  /// Longest wait for all answers: a member that is heard, but busy, takes more than the patience,
  /// and costs less than paying the origin again.
  static final Duration LONGEST = Duration.ofSeconds(4);

  /// How long an answer is believed, while the same members act as homes: then nobody else loads
  /// what this one does.
  static final Duration BELIEVED = Duration.ofSeconds(2);

  /// File versions remembered.
  private static final int MAX_ROUNDS = 256;

  /// Questions to one member under way: there are two connections for small ones, and pings need
  /// one. A queue here must not be taken for silence there.
  private static final int QUESTIONS = 1;

  private final GridLinks links;
  private final PeerHealth health;
  private final ConcurrentMap<String, Semaphore> places = new ConcurrentHashMap<>();
  private final Map<Question, PresenceRound> rounds =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Question, PresenceRound> eldest) {
          return size() > MAX_ROUNDS;
        }
      };

  /// @param block -1 where all members are asked, whatever their rank
  private record Question(FileVersion version, int block, long viewFingerprint, long suspects) {}

  PresenceBoard(GridLinks links, PeerHealth health) {
    this.links = links;
    this.health = health;
  }

  /// The answers for `key`'s file version, still coming in perhaps.
  PresenceRound ask(BlockKey key) {
    Ranking ranking = links.homes().ranking();
    int block = ranking.view().members().size() <= MAX_ASKED + 1 ? -1 : key.index();
    Question question =
        new Question(key.version(), block, ranking.view().fingerprint(), health.changes());
    long now = links.ticker().nanos();
    PresenceRound fresh;
    synchronized (rounds) {
      PresenceRound known = rounds.get(question);
      if (known != null && !known.isOlder(BELIEVED, now)) {
        return known;
      }
      fresh = new PresenceRound(worthAsking(ranking, key), now);
      rounds.put(question, fresh);
    }
    for (String member : fresh.asked()) {
      Thread.ofVirtual()
          .name("presence-" + member)
          .start(() -> fresh.answered(member, presence(member, key.version())));
    }
    return fresh;
  }

  private List<String> worthAsking(Ranking ranking, BlockKey key) {
    return links.reachable(ranking.first(key, MAX_ASKED + 1)).stream()
        .filter(member -> !health.isSuspect(member))
        .limit(MAX_ASKED)
        .toList();
  }

  private Presence presence(String member, FileVersion version) {
    Semaphore place = places.computeIfAbsent(member, _ -> new Semaphore(QUESTIONS, true));
    try {
      if (!place.tryAcquire(LONGEST.toNanos(), TimeUnit.NANOSECONDS)) {
        return Presence.nothing();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Presence.nothing();
    }
    try {
      return health.isSuspect(member) ? Presence.nothing() : ask(member, version);
    } finally {
      place.release();
    }
  }

  private Presence ask(String member, FileVersion version) {
    Optional<PeerAddress> address = links.address(member);
    if (address.isEmpty()) {
      return Presence.nothing();
    }
    try {
      Presence presence = links.peers().presence(address.get(), version, PATIENCE);
      health.alive(member);
      return presence;
    } catch (StorageException e) {
      if (Failures.isSilence(e)) {
        health.suspect(member);
      }
      return Presence.nothing();
    }
  }
}
