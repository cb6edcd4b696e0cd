package io.gridset.operator.members;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.gridset.operator.reconcile.GridOrder;
import io.gridset.operator.reconcile.GridReport;
import io.gridset.operator.reconcile.Names;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class RestWorkerApiTest {
  private static final String DATASET =
      """
      {"apiVersion": "data.fluid.io/v1alpha1", "kind": "Dataset",
       "metadata": {"name": "data", "namespace": "default",
                    "annotations": {"gridset.io/source": "uid/1"}}}""";

  private final List<Worker> workers = new ArrayList<>();

  @AfterEach
  void close() {
    workers.forEach(worker -> worker.server.stop(0));
  }

  /// The API of a member: it knows some members, and holds nothing.
  private static final class Worker {
    final String name;
    final String address;
    final HttpServer server;
    final List<String> members = new CopyOnWriteArrayList<>();
    final List<String> applied = new CopyOnWriteArrayList<>();

    Worker(String name, String address) throws IOException {
      this.name = name;
      this.address = address;
      members.add(name);
      try {
        server = HttpServer.create(new InetSocketAddress(address, Names.apiPort()), 0);
      } catch (BindException e) {
        Assumptions.abort("members listen on a port that is taken here: " + e.getMessage());
        throw e;
      }
      server.createContext("/", this::answer);
      server.start();
    }

    private void answer(HttpExchange exchange) throws IOException {
      String path = exchange.getRequestURI().getPath();
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      if (exchange.getRequestMethod().equals("POST")) {
        applied.add(body);
      }
      byte[] told = (path.equals("/v1/nodes") ? nodes() : "[]").getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(path.contains("affinity") ? 404 : 200, told.length);
      exchange.getResponseBody().write(told);
      exchange.close();
    }

    private String nodes() {
      return members.stream()
          .map(
              member ->
                  """
                  {"id": "%1$s", "name": "%1$s", "role": "MEMBER", "state": "ACTIVE", "gridAddress": "",
                   "apiAddresses": [], "capacityBytes": 0, "tiers": [], "cachedBytes": 0,
                   "version": "", "health": []}"""
                      .formatted(member))
          .collect(Collectors.joining(",", "[", "]"));
    }
  }

  private Worker worker(String name, String address) throws IOException {
    Worker worker = new Worker(name, address);
    workers.add(worker);
    return worker;
  }

  private GridOrder order() throws IOException {
    List<GridOrder.Worker> all =
        workers.stream().map(each -> new GridOrder.Worker(each.name, each.address)).toList();
    List<String> pods = workers.stream().map(each -> each.name).toList();
    return new GridOrder(
        all,
        "token",
        List.of((ObjectNode) new ObjectMapper().readTree(DATASET)),
        pods,
        GridOrder.Listing.ON_DEMAND);
  }

  /// Workers are ready before they have found each other, and each would make a dataset of its own
  /// of what it is told: two of one name, of which loads find only one.
  @Test
  void aDatasetIsFirstTakenByWorkersThatHaveFoundEachOther() throws IOException {
    Worker a = worker("data-worker-0", "127.77.0.1");
    Worker b = worker("data-worker-1", "127.77.0.2");
    RestWorkerApi api = new RestWorkerApi();

    GridReport apart = api.sync(order());

    assertThat(apart.failure()).get().asString().contains("has not found data-worker-1");
    assertThat(a.applied).isEmpty();
    assertThat(b.applied).isEmpty();

    a.members.add(b.name);
    b.members.add(a.name);
    assertThat(api.sync(order()).failure()).isEmpty();
    assertThat(a.applied).hasSize(1);
    assertThat(b.applied).isEmpty();
  }
}
