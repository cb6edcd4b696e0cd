package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.operator.reconcile.OperationStatus.Verdict;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/// Brings one run of a DataProcess to its end: a Job whose containers see the dataset. Pure.
final class ProcessReconciler {
  private final Observed observed;
  private final OperationStatus status;
  private final Outcome.Builder outcome;

  ProcessReconciler(Observed observed, OperationStatus status, Outcome.Builder outcome) {
    this.observed = observed;
    this.status = status;
    this.outcome = outcome;
  }

  void run(OperationView process, OperationRun run) {
    Optional<String> problem = problem(process);
    if (problem.isPresent()) {
      status.say(process, Optional.of(run), Verdict.failed("DataOperationNotValid", problem.get()));
      return;
    }
    JsonNode before = new Predecessors(observed).before(process);
    ProcessRenderer renderer = new ProcessRenderer(process, run, before);
    new JobFollower(observed, status, outcome).run(process, run, renderer.job(), renderer::objects);
  }

  /// What Fluid refuses, too; the API server has seen to the rest.
  private static Optional<String> problem(OperationView process) {
    JsonNode processor = process.spec().path("processor");
    if (processor.hasNonNull("job") == processor.hasNonNull("script")) {
      return Optional.of("spec.processor: either job or script");
    }
    String path = process.spec().at("/dataset/mountPath").asText("");
    JsonNode podSpec = processor.at("/job/podSpec");
    if (processor.hasNonNull("job") && podSpec.path("containers").isEmpty()) {
      return Optional.of("spec.processor.job.podSpec.containers: at least one");
    }
    return Stream.of(
            Stream.of(processor.path("script")),
            stream(podSpec.path("containers")),
            stream(podSpec.path("initContainers")))
        .flatMap(each -> each)
        .flatMap(container -> stream(container.path("volumeMounts")))
        .filter(mount -> mount.path("mountPath").asText().equals(path))
        .findFirst()
        .map(
            mount ->
                "spec.dataset.mountPath: "
                    + path
                    + " is where the processor mounts its volume "
                    + mount.path("name").asText());
  }

  private static Stream<JsonNode> stream(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false);
  }
}
