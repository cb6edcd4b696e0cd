package io.gridset.server.load;

import io.gridset.core.dataset.LoadProgress;
import io.gridset.core.dataset.LoadProgress.MemberShare;
import io.gridset.core.dataset.LoadRequest;
import io.gridset.core.placement.Member;
import io.gridset.core.placement.MemberView;
import io.gridset.server.load.ShareReport.Phase;
import io.gridset.server.load.ShareReport.Tally;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// What the members' reports add up to, by the member view of one moment. Pure.
final class LoadSum {
  /// Lines of all members together; more would not be read.
  private static final int MAX_LINES = 20;

  private final LoadOrder order;
  private final long fingerprint;
  private final List<String> members;
  private final Map<String, ShareReport> reports = new TreeMap<>();

  /// What the reports amount to.
  enum State {
    /// Somebody has not ended, or has not counted under this view.
    RUNNING,
    COMPLETE,
    FAILED,
    /// All hold what they saw, but they saw different files.
    DIFFERS
  }

  LoadSum(LoadOrder order, MemberView view, Map<String, ShareReport> all) {
    this.order = order;
    fingerprint = view.fingerprint();
    List<String> holders =
        view.members().stream().filter(one -> one.weight() > 0).map(Member::id).toList();
    // While none has capacity the coordinator keeps what it can.
    members = holders.isEmpty() ? List.of(order.coordinator()) : holders;
    for (String member : members) {
      ShareReport report = all.get(member);
      if (report != null) {
        reports.put(member, report);
      }
    }
  }

  /// Members with a share, by id.
  List<String> members() {
    return members;
  }

  /// Members that have not begun under this view and round, or cannot.
  List<String> idle() {
    return members.stream()
        .filter(
            member -> {
              ShareReport report = reports.get(member);
              return report == null || !isCurrent(report) || report.phase() == Phase.WAITING;
            })
        .toList();
  }

  /// Whether `member` has said that the dataset does not run there.
  boolean isWaiting(String member) {
    ShareReport report = reports.get(member);
    return report != null && report.phase() == Phase.WAITING;
  }

  State state() {
    for (String member : members) {
      ShareReport report = reports.get(member);
      if (report == null || !isCurrent(report) || !report.phase().isEnd()) {
        return State.RUNNING;
      }
    }
    if (reports.values().stream().anyMatch(report -> report.phase() == Phase.FAILED)) {
      return State.FAILED;
    }
    return agrees() ? State.COMPLETE : State.DIFFERS;
  }

  /// Whether the shares are of the same files and make up all of them, and, for a load, are cached.
  private boolean agrees() {
    Tally first = reports.values().iterator().next().tally();
    long shares = 0;
    for (ShareReport report : reports.values()) {
      Tally tally = report.tally();
      boolean cached =
          order.request().mode() == LoadRequest.Mode.CHECK
              || tally.cachedBytes() == tally.shareBytes();
      if (!cached
          || tally.contents() != first.contents()
          || tally.files() != first.files()
          || tally.wantedBytes() != first.wantedBytes()) {
        return false;
      }
      shares += tally.shareBytes();
    }
    return shares == first.wantedBytes();
  }

  /// The load as it is shown.
  ///
  /// @param further what to say besides the members' own lines
  LoadProgress progress(LoadProgress.Phase phase, List<String> further, long elapsedMillis) {
    long total = 0;
    long cached = 0;
    long files = 0;
    long missing = 0;
    long failed = 0;
    for (ShareReport report : reports.values()) {
      Tally tally = report.tally();
      total = Math.max(total, tally.wantedBytes());
      cached += tally.cachedBytes();
      files = Math.max(files, tally.files());
      missing += tally.missingFiles();
      failed += report.failedFiles();
    }
    if (reports.size() < members.size()) {
      missing = files; // Who has said nothing may lack a part of each.
    }
    return new LoadProgress(
        phase,
        total,
        Math.min(cached, total),
        files,
        Math.max(0, files - missing),
        failed,
        lines(further),
        elapsedMillis,
        members.size() == 1 ? List.of() : shares());
  }

  /// How many members may still have to fetch something; at least one.
  int busy() {
    long ended =
        reports.values().stream()
            .filter(report -> isCurrent(report) && report.phase().isEnd())
            .count();
    return (int) Math.max(1, members.size() - ended);
  }

  /// The phase of a load that has not ended.
  LoadProgress.Phase phase() {
    boolean counted =
        reports.values().stream()
            .anyMatch(report -> report.phase() == Phase.LOADING || report.phase().isEnd());
    return counted ? LoadProgress.Phase.LOADING : LoadProgress.Phase.LISTING;
  }

  /// The longest that any member has been at it.
  long elapsedMillis() {
    return reports.values().stream().mapToLong(ShareReport::elapsedMillis).max().orElse(0);
  }

  private List<String> lines(List<String> further) {
    List<String> lines = new ArrayList<>(further);
    reports.forEach(
        (member, report) -> {
          String who = members.size() == 1 ? "" : "member " + member + ": ";
          report.failures().forEach(line -> lines.add(who + line));
        });
    return lines.subList(0, Math.min(lines.size(), MAX_LINES));
  }

  private List<MemberShare> shares() {
    List<MemberShare> shares = new ArrayList<>();
    for (String member : members) {
      ShareReport report = reports.get(member);
      shares.add(
          report == null
              ? new MemberShare(member, "silent", 0, 0)
              : new MemberShare(
                  member,
                  report.phase().name().toLowerCase(Locale.ROOT),
                  report.tally().shareBytes(),
                  report.tally().cachedBytes()));
    }
    return shares;
  }

  private boolean isCurrent(ShareReport report) {
    return report.fingerprint() == fingerprint && report.round() == order.round();
  }
}
