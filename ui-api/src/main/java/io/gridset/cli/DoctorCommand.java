package io.gridset.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/// `gridset doctor`.
@Command(
    name = "doctor",
    description = "Tell what this machine lacks, and how to mend it. Fails when a check fails.",
    mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  DoctorCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() {
    List<Finding> findings = new MachineChecks(MachineChecks.Machine.real()).all();
    List<Finding> all = new java.util.ArrayList<>(findings);
    all.add(node());
    PrintWriter out = gridset.surroundings().out();
    OutputFormat format = gridset.output();
    if (format == OutputFormat.JSON || format == OutputFormat.YAML) {
      out.print(Documents.text(format, all));
    } else {
      for (Finding finding : all) {
        out.printf("%-4s  %-12s  %s%n", finding.level(), finding.check(), finding.detail());
        if (!finding.remedy().isEmpty()) {
          out.println("                    -> " + finding.remedy());
        }
      }
    }
    out.flush();
    return all.stream().anyMatch(f -> f.level() == Finding.Level.FAIL)
        ? ExitCode.FAILED
        : ExitCode.OK;
  }

  private Finding node() {
    try (var client = gridset.client()) {
      var node = client.node();
      return Finding.ok("node", "gridset " + node.version() + " runs here, pid " + node.pid());
    } catch (io.gridset.client.NoNodeException _) {
      return Finding.warn(
          "node", "none is running (" + gridset.socketPath() + ")", "start one: gridset up");
    } catch (java.io.IOException e) {
      return Finding.warn("node", "does not answer: " + e.getMessage(), "gridset down, gridset up");
    }
  }
}
