package io.gridset.csi.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// What is told of a pod that is not ready, from statuses as kubelets write them.
class PodTroubleTest {
  private static Optional<String> of(String status) throws IOException {
    JsonNode pod = new JsonMapper().readTree("{\"status\": " + status.replace('\'', '"') + "}");
    return PodTrouble.of(pod);
  }

  @Test
  void aReadyPodHasNone() throws IOException {
    assertThat(of("{'conditions': [{'type': 'Ready', 'status': 'True'}]}")).isEmpty();
  }

  @Test
  void anImageThatCannotBePulled() throws IOException {
    assertThat(
            of(
                "{'containerStatuses': [{'name': 'fuse', 'state': {'waiting': {'reason':"
                    + " 'ImagePullBackOff', 'message': 'Back-off pulling'}}}]}"))
        .contains("container fuse waits: ImagePullBackOff: Back-off pulling");
  }

  @Test
  void aProgramThatEndsAgainAndAgain() throws IOException {
    assertThat(
            of(
                "{'containerStatuses': [{'name': 'fuse', 'restartCount': 4, 'state': {'waiting':"
                    + " {'reason': 'CrashLoopBackOff'}}, 'lastState': {'terminated': {'exitCode':"
                    + " 137, 'reason': 'OOMKilled'}}}]}"))
        .contains(
            "container fuse waits: CrashLoopBackOff; it ended 4 times, last with exit code 137"
                + " (OOMKilled)");
  }

  @Test
  void aNodeThatIsFull() throws IOException {
    assertThat(
            of(
                "{'phase': 'Pending', 'conditions': [{'type': 'PodScheduled', 'status': 'False',"
                    + " 'reason': 'Unschedulable', 'message': 'Insufficient memory'}]}"))
        .contains("Unschedulable: Insufficient memory");
    assertThat(of("{'phase': 'Failed', 'reason': 'Evicted', 'message': 'low on memory'}"))
        .contains("it has ended: Evicted: low on memory");
  }

  @Test
  void whenItsStatusSaysNothingItsEventsAreAsked() throws IOException {
    assertThat(
            of(
                "{'phase': 'Pending', 'containerStatuses': [{'name': 'fuse', 'state': {'waiting':"
                    + " {'reason': 'ContainerCreating'}}}]}"))
        .contains("");
  }
}
