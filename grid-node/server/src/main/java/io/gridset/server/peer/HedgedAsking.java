package io.gridset.server.peer;

import io.gridset.client.peer.BlockExchange;
import io.gridset.client.peer.BlockReply;
import io.gridset.client.peer.BlockRequest;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.read.BlockLanding;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks members for one block, the next one as well when those before are silent, and takes the
/// bytes from the first that has them. A body that stalls, breaks off or disagrees with its
/// checksum is taken again, from somebody else. For one thread.
final class HedgedAsking implements AutoCloseable {
  /// Members asked at once: the home, the next, and one more when that one is frozen too.
  static final int MAX_AT_ONCE = 3;

  /// How much longer those who are silent may still come when nobody else is left to ask: the
  /// origin must not be paid because a member that has the block is busy for a moment.
  static final Duration LAST_CHANCE = Duration.ofMillis(200);

  private static final Logger LOG = LoggerFactory.getLogger(HedgedAsking.class);

  private final Errand errand;
  private final BlockLanding landing;
  private final BooleanSupplier wanted;
  private final Deque<String> left;
  private final BlockingQueue<Conversation.News> news = new LinkedBlockingQueue<>();
  private final List<Conversation> talking = new ArrayList<>();
  private final List<Conversation> silent = new ArrayList<>();
  private BlockRequest request;

  /// How asking ended.
  enum Ending {
    /// The block has landed.
    LANDED,
    /// Nobody asked could bring it.
    EXHAUSTED,
    /// It was not wanted any more.
    DISMISSED
  }

  /// What the attempts at one block have in common.
  interface Errand {
    Conversation begin(String member, Consumer<Conversation.News> teller);

    /// A member's refusal.
    ///
    /// @throws StorageException when asking others is of no use
    void refused(BlockRequest.Mode mode, StorageException failure) throws StorageException;

    PeerHealth health();

    Duration silence();

    /// Those who sent wrong or broken bytes; added to.
    Set<String> wrongSenders();
  }

  HedgedAsking(
      Errand errand,
      BlockRequest request,
      BlockLanding landing,
      List<String> members,
      BooleanSupplier wanted) {
    this.errand = errand;
    this.request = request;
    this.landing = landing;
    this.wanted = wanted;
    left = new ArrayDeque<>(members);
  }

  /// To be called when `wanted` may have changed, by any thread.
  void reconsider() {
    news.add(new Conversation.News.Dismissed());
  }

  /// @throws StorageException when no other member could do better, or the landing's own
  Ending run() throws StorageException {
    try {
      while (wanted.getAsBoolean()) {
        hedge();
        Conversation.News next = talking.isEmpty() ? lastNews() : news.take();
        if (next == null) {
          return Ending.EXHAUSTED;
        }
        if (take(next)) {
          return Ending.LANDED;
        }
      }
      return Ending.DISMISSED;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw StorageException.of(Kind.CANCELLED, "interrupted while asking for a block", e);
    }
  }

  /// What is heard at the very last from those who were silent; null for nothing.
  private Conversation.@Nullable News lastNews() throws InterruptedException {
    return silent.isEmpty() ? null : news.poll(LAST_CHANCE.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    talking.forEach(Conversation::close);
    silent.forEach(Conversation::close);
    talking.clear();
    silent.clear();
  }

  /// Asks the next one when nobody gives a sign of life. With nobody left it is over soon: waiting
  /// long for the silent would only cost time.
  private void hedge() {
    while (talking.isEmpty() && !left.isEmpty()) {
      String member = left.poll();
      if (errand.wrongSenders().contains(member)) {
        continue;
      }
      if (silent.size() >= MAX_AT_ONCE) {
        silent.removeFirst().close();
      }
      ask(member);
    }
  }

  private void ask(String member) {
    Conversation conversation = errand.begin(member, news::add);
    talking.add(conversation);
    conversation.start(request);
  }

  /// True when the block has landed.
  private boolean take(Conversation.News what) throws StorageException {
    switch (what) {
      case Conversation.News.Coming coming -> {
        return isAsked(coming.who()) && land(coming);
      }
      case Conversation.News.Alive(var who) -> {
        if (silent.remove(who)) {
          talking.add(who);
        }
        errand.health().alive(who.member());
      }
      case Conversation.News.Silent(var who) -> {
        if (talking.remove(who)) {
          silent.add(who);
          errand.health().suspect(who.member());
        }
      }
      case Conversation.News.NotHeld(var who) -> end(who);
      case Conversation.News.Refused(var who, var failure) -> {
        if (end(who)) {
          errand.refused(request.mode(), failure);
        }
      }
      case Conversation.News.Broken(var who, var failure) -> {
        if (end(who) && Failures.isSilence(failure)) {
          errand.health().suspect(who.member());
        }
      }
      case Conversation.News.Dismissed() -> {
        // Whoever called looks whether it is wanted.
      }
    }
    return false;
  }

  private boolean isAsked(Conversation who) {
    return talking.contains(who) || silent.contains(who);
  }

  private boolean end(Conversation who) {
    who.close();
    boolean wasTalking = talking.remove(who);
    return silent.remove(who) || wasTalking;
  }

  private boolean land(Conversation.News.Coming coming) throws StorageException {
    Conversation who = coming.who();
    talking.remove(who);
    silent.remove(who);
    close(); // The first who has it wins.
    try (who) {
      BlockExchange exchange = who.exchange();
      String wrong =
          exchange == null ? "the connection was closed" : receive(exchange, coming.reply());
      if (wrong == null) {
        errand.health().alive(coming.from());
        return true;
      }
      LOG.warn("block {} from member {}: {}", request.key(), coming.from(), wrong);
    }
    errand.wrongSenders().add(coming.from());
    if (!coming.from().equals(who.member())) {
      request = Conversation.as(BlockRequest.Mode.AS_HOME_WITHOUT_REDIRECT, request);
      left.addFirst(who.member());
    }
    return false;
  }

  /// What went wrong; null when the block has landed.
  private @Nullable String receive(BlockExchange exchange, BlockReply.Coming coming)
      throws StorageException {
    if (coming.length() != request.length()) {
      return "announced " + coming.length() + " bytes instead of " + request.length();
    }
    landing.begin();
    WatchedSink sink = new WatchedSink(landing);
    try {
      exchange.receive(sink, errand.silence());
    } catch (StorageException e) {
      sink.rethrowOwn();
      return String.valueOf(e.getMessage());
    }
    if (landing.landedBytes() != coming.length()) {
      return "sent " + landing.landedBytes() + " bytes instead of " + coming.length();
    }
    return landing.crc32c() == coming.crc32c() ? null : "the bytes disagree with their checksum";
  }
}
