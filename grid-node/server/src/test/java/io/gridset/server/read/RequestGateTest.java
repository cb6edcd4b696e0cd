package io.gridset.server.read;

import static io.gridset.server.read.ReadFixture.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.core.store.StorageException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class RequestGateTest {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final long BIG = 4 << 20;

  private static Thread enter(
      RequestGate gate, AtomicReference<Priority> priority, List<String> order, String name) {
    return Thread.ofVirtual()
        .start(
            () -> {
              try (RequestGate.Permit _ = gate.enter(BIG, priority::get, LONG)) {
                order.add(name);
              } catch (StorageException e) {
                order.add(name + " failed");
              }
            });
  }

  @Test
  void theMostUrgentGoesFirstAndMayBecomeSoWhileItWaits() throws Exception {
    RequestGate gate = new RequestGate();
    List<RequestGate.Permit> taken = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      taken.add(gate.enter(BIG, () -> Priority.DEMAND, LONG));
    }
    List<String> order = new CopyOnWriteArrayList<>();
    AtomicReference<Priority> raised = new AtomicReference<>(Priority.LOAD);
    List<Thread> threads = new ArrayList<>();
    threads.add(enter(gate, new AtomicReference<>(Priority.LOAD), order, "load"));
    until("first waits", () -> gate.waiting() == 1);
    threads.add(enter(gate, raised, order, "raised"));
    until("second waits", () -> gate.waiting() == 2);
    raised.set(Priority.DEMAND);
    gate.reconsider();
    taken.get(0).close();
    until("the raised one passed", () -> order.size() == 1);
    assertThat(order).containsExactly("raised");
    taken.forEach(RequestGate.Permit::close);
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(order).containsExactly("raised", "load");
  }

  @Test
  void guessesLeaveRoomForReadersWhoWait() throws Exception {
    RequestGate gate = new RequestGate();
    for (int i = 0; i < 14; i++) {
      gate.enter(BIG, () -> Priority.AHEAD, LONG);
    }
    assertThatThrownBy(() -> gate.enter(BIG, () -> Priority.AHEAD, Duration.ZERO))
        .isInstanceOf(StorageException.class);
    try (RequestGate.Permit first = gate.enter(BIG, () -> Priority.DEMAND, Duration.ZERO);
        RequestGate.Permit second = gate.enter(BIG, () -> Priority.DEMAND, Duration.ZERO)) {
      assertThat(first).isNotSameAs(second);
    }
    assertThat(gate.waiting()).isZero();
  }

  @Test
  void aBudgetIsNeverOverspentAndGuessesTakeAtMostHalf() throws Exception {
    MemoryBudget budget = new MemoryBudget(1 << 20);
    List<MemoryBudget.Lease> leases = new ArrayList<>();
    while (true) {
      var lease = budget.tryAcquire(64 << 10);
      if (lease.isEmpty()) {
        break;
      }
      leases.add(lease.get());
    }
    assertThat(leases).hasSize(8);
    leases.add(budget.acquire(512 << 10, Duration.ZERO));
    assertThatThrownBy(() -> budget.acquire(4096, Duration.ZERO))
        .isInstanceOfSatisfying(
            StorageException.class,
            e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.TIMED_OUT));
    leases.forEach(MemoryBudget.Lease::close);
    leases.forEach(MemoryBudget.Lease::close);
    assertThat(budget.freeBytes()).isEqualTo(budget.totalBytes());
  }
}
