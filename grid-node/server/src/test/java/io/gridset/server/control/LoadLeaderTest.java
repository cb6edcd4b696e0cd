package io.gridset.server.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.control.ControlPlane.ApplyMode;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.LoadProgress;
import io.gridset.core.manifest.ResourceKind;
import io.gridset.core.manifest.Scenarios;
import io.gridset.core.unit.Ticker;
import io.gridset.server.state.RecordExchange;
import io.gridset.server.state.StateRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two members that see each other's records.
class LoadLeaderTest {
  private static final DatasetName MODEL = new DatasetName("default", "serverless-data");
  private static final DatasetName WARMUP = new DatasetName("default", "serverless-data-warmup");

  @TempDir private Path directory;
  private final List<Side> sides = new CopyOnWriteArrayList<>();

  private final class Side implements RecordExchange {
    final FakeDatasetHost host = new FakeDatasetHost();
    final LocalControlPlane plane;
    volatile boolean leads;
    private volatile Participant store;

    Side(String name) throws IOException {
      sides.add(this);
      plane =
          LocalControlPlane.open(
              new ControlSettings(
                  directory.resolve(name), Optional.empty(), Map.of(), Duration.ofMillis(20)),
              host,
              this,
              InstantSource.system(),
              Ticker.system());
    }

    @Override
    public void attach(Participant participant) {
      store = participant;
      for (Side other : sides) {
        if (other != this && other.store != null) {
          new ArrayList<>(other.store.shared()).forEach(participant::receive);
        }
      }
    }

    @Override
    public void offer(List<StateRecord> records) {
      sides.stream()
          .filter(side -> side != this && side.store != null)
          .forEach(side -> records.forEach(side.store::receive));
    }

    @Override
    public boolean leads() {
      return leads;
    }

    String phase() {
      return plane
          .get(ResourceKind.DATA_LOAD, WARMUP)
          .map(load -> load.at("/status/phase").asText())
          .orElse("(none)");
    }

    String bound() {
      return plane
          .get(ResourceKind.DATASET, MODEL)
          .map(dataset -> dataset.at("/status/phase").asText())
          .orElse("(none)");
    }
  }

  @AfterEach
  void close() {
    sides.forEach(side -> side.plane.close());
  }

  private static void until(String what, BooleanSupplier condition) {
    long deadline = Ticker.system().nanos() + Duration.ofSeconds(90).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(Ticker.system().nanos()).as(what).isLessThan(deadline);
      java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
    }
  }

  /// Declares scenario one on both members; its secret stands on each, since secrets do not travel.
  private void declare(Side here, Side there) throws Exception {
    String text = Scenarios.read("1-model-serving.yaml");
    String secret = text.substring(0, text.indexOf("---"));
    assertThat(secret).contains("kind: Secret");
    there.plane.apply(secret, "default", ApplyMode.APPLY);
    here.plane.apply(text, "default", ApplyMode.APPLY);
    until("both run it", () -> here.bound().equals("Bound") && there.bound().equals("Bound"));
  }

  @Test
  void onlyTheLeadingMemberStartsALoadAndAllShowIt() throws Exception {
    Side first = new Side("first");
    Side second = new Side("second");
    first.leads = true;
    declare(second, first);
    until("the leader has started it", () -> first.host.loads.size() == 1);
    until("the other shows it", () -> second.phase().equals("Executing"));
    first.host.loads.getFirst().end(LoadProgress.Phase.COMPLETE, 1_000);
    until(
        "both show its end",
        () -> first.phase().equals("Complete") && second.phase().equals("Complete"));
    assertThat(second.host.loads).isEmpty();
    assertThat(first.host.loads).hasSize(1);
  }

  @Test
  void theNextLeaderBeginsAgainWhatTheOldOneHadBegun() throws Exception {
    Side first = new Side("first");
    Side second = new Side("second");
    first.leads = true;
    declare(first, second);
    until("the leader has started it", () -> first.host.loads.size() == 1);
    until("the other knows", () -> second.phase().equals("Executing"));
    first.leads = false;
    until("who does not lead any more lets it go", () -> first.host.loads.getFirst().cancelled);
    assertThat(second.host.loads).isEmpty();
    second.leads = true;
    until("the next one begins it again", () -> second.host.loads.size() == 1);
    second.host.loads.getFirst().end(LoadProgress.Phase.COMPLETE, 1_000);
    until(
        "both show its end",
        () -> first.phase().equals("Complete") && second.phase().equals("Complete"));
    assertThat(first.host.loads).hasSize(1);
  }

  @Test
  void aLoadThatHasEndedIsNotBegunByTheNextLeader() throws Exception {
    Side first = new Side("first");
    Side second = new Side("second");
    first.leads = true;
    declare(first, second);
    until("the leader has started it", () -> first.host.loads.size() == 1);
    first.host.loads.getFirst().end(LoadProgress.Phase.FAILED, 1_000, "a: no space is left");
    until("both know", () -> first.phase().equals("Failed") && second.phase().equals("Failed"));
    first.leads = false;
    second.leads = true;
    // A load that is declared after the change shows that passes have seen it.
    String other = Scenarios.read("1-model-serving.yaml").replace("serverless-data", "other-data");
    second.plane.apply(other, "default", ApplyMode.APPLY);
    until("the new leader acts", () -> second.host.loads.size() == 1);
    second.host.loads.getFirst().end(LoadProgress.Phase.COMPLETE, 1_000);
    DatasetName another = new DatasetName("default", "other-data-warmup");
    until(
        "further passes are over",
        () ->
            second
                .plane
                .get(ResourceKind.DATA_LOAD, another)
                .filter(load -> load.at("/status/phase").asText().equals("Complete"))
                .isPresent());
    assertThat(second.host.loads).hasSize(1);
    assertThat(second.phase()).isEqualTo("Failed");
  }
}
