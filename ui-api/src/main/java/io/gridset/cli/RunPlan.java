package io.gridset.cli;

import io.gridset.client.AffinityView;
import io.gridset.core.unit.DataSize;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Where a command runs, and the words that start it. Pure.
///
/// @param node its name
record RunPlan(String node, List<String> words) {
  /// This node is good enough when it holds at least so much of what the best one does: to start
  /// elsewhere costs more than to fetch the rest.
  private static final double NEAR_ENOUGH = 0.9;

  RunPlan {
    words = List.copyOf(words);
  }

  /// @param here the name of this machine's node; empty when the node that answered is elsewhere
  /// @param via how to start a command on another node
  static RunPlan of(
      AffinityView affinity, Optional<String> here, Optional<String> via, List<String> command) {
    long mine = here.map(name -> heldBy(affinity, name)).orElse(0L);
    Optional<AffinityView.Held> best = affinity.nodes().stream().findFirst();
    if (here.isPresent() && (best.isEmpty() || mine >= NEAR_ENOUGH * best.get().heldBytes())) {
      return new RunPlan(here.get(), command);
    }
    if (best.isEmpty()) {
      throw CommandFailure.failed("no node holds anything of " + affinity.subject());
    }
    String node = best.get().node();
    if (via.isEmpty()) {
      throw CommandFailure.failed(
          "node "
              + node
              + " holds most of "
              + affinity.subject()
              + " ("
              + new DataSize(best.get().heldBytes())
              + "; here are "
              + new DataSize(mine)
              + "); run it there, or say how commands are started there: --via 'ssh {node}' or"
              + " GRIDSET_RUN_VIA");
    }
    return new RunPlan(node, launched(via.get(), node, command));
  }

  private static long heldBy(AffinityView affinity, String node) {
    return affinity.nodes().stream()
        .filter(held -> held.node().equals(node))
        .mapToLong(AffinityView.Held::heldBytes)
        .sum();
  }

  /// The launcher's words with the node's name, and then the command's. ssh makes one line of them
  /// for a shell, so for ssh each is quoted.
  private static List<String> launched(String via, String node, List<String> command) {
    List<String> words = new ArrayList<>();
    for (String word : via.strip().split("\\s+")) {
      words.add(word.replace("{node}", node));
    }
    boolean shell = Path.of(words.getFirst()).endsWith("ssh");
    command.forEach(word -> words.add(shell ? quoted(word) : word));
    return words;
  }

  private static String quoted(String word) {
    return word.matches("[A-Za-z0-9_@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  /// The words as a shell would take them.
  String line() {
    return String.join(" ", words.stream().map(RunPlan::quoted).toList());
  }
}
