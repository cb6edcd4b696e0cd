package io.gridset.localstore;

import io.gridset.localstore.behaviour.Behaviour;
import io.gridset.localstore.behaviour.Statistics;
import io.gridset.localstore.http.HttpRequest;
import io.gridset.localstore.http.MalformedRequestException;
import io.gridset.localstore.http.RequestReader;
import io.gridset.localstore.http.Response;
import io.gridset.localstore.http.Wire;
import java.io.IOException;
import java.io.InputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One client's connection: request, limits, answer, next request. Runs on one thread of its own.
final class Connection {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

  /// What is read of a refused upload to keep the connection; a longer rest costs less to drop.
  private static final long DRAIN_LIMIT_BYTES = 1 << 20;

  private final Wire wire;
  private final StoreService service;
  private final Behaviour behaviour;
  private final Statistics statistics;
  private final ResponseSender sender;
  private final Behaviour.ConnectionPace taken;

  Connection(Wire wire, StoreService service, Behaviour behaviour, Statistics statistics) {
    this.wire = wire;
    this.service = service;
    this.behaviour = behaviour;
    this.statistics = statistics;
    this.taken = behaviour.receiving();
    this.sender = new ResponseSender(wire, behaviour, statistics);
  }

  /// Serves until either side ends the connection.
  void serve() {
    try (wire) {
      try {
        serveRequests(new RequestReader(wire));
      } catch (MalformedRequestException e) {
        refuse(e);
      }
    } catch (IOException e) {
      LOG.debug("connection ended: {}", e.toString());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void serveRequests(RequestReader reader) throws IOException, InterruptedException {
    HttpRequest request = reader.next();
    while (request != null) {
      if (exchange(request) == ResponseSender.Ending.CLOSE || request.lastOnConnection()) {
        return;
      }
      request = reader.next();
    }
  }

  private ResponseSender.Ending exchange(HttpRequest request)
      throws IOException, InterruptedException {
    if (service.isControl(request)) {
      return finish(request, service.answer(request));
    }
    long due = behaviour.pacing().nanos() + behaviour.limits().latency().toNanos();
    try (Behaviour.Place _ = behaviour.enter()) {
      statistics.begun();
      try {
        behaviour.pacing().sleepUntil(due);
        StoreService.Reply reply = service.answer(paced(request));
        statistics.answered(request.method(), reply.response().status());
        return finish(request, reply);
      } finally {
        statistics.ended();
      }
    }
  }

  private HttpRequest paced(HttpRequest request) {
    return request.withBody(new PacedInputStream(request.body(), taken));
  }

  private ResponseSender.Ending finish(HttpRequest request, StoreService.Reply reply)
      throws IOException, InterruptedException {
    ResponseSender.Ending ending = drained(request);
    if (ending == ResponseSender.Ending.CLOSE) {
      reply.response().with("Connection", "close");
    }
    return sender.send(reply) == ResponseSender.Ending.CLOSE ? ResponseSender.Ending.CLOSE : ending;
  }

  /// Reads what is left of the body. A body that awaits a go-ahead will never come: close then.
  private static ResponseSender.Ending drained(HttpRequest request) throws IOException {
    if (request.header("content-length") == null && request.header("transfer-encoding") == null) {
      return ResponseSender.Ending.KEEP;
    }
    InputStream body = request.body();
    if (request.bodyUninvited()) {
      return ResponseSender.Ending.CLOSE;
    }
    byte[] waste = new byte[8192];
    long read = 0;
    for (int n = body.read(waste); n >= 0; n = body.read(waste)) {
      read += n;
      if (read > DRAIN_LIMIT_BYTES) {
        return ResponseSender.Ending.CLOSE;
      }
    }
    return ResponseSender.Ending.KEEP;
  }

  private void refuse(MalformedRequestException e) throws IOException, InterruptedException {
    Response response = Response.text(400, "text/plain", e.getMessage() + "\n");
    sender.send(StoreService.Reply.plain(response.with("Connection", "close")));
  }
}
