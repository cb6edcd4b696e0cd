package io.gridset.flight;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.arrow.flight.BackpressureStrategy;
import org.apache.arrow.flight.FlightServer;
import org.apache.arrow.flight.FlightStream;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.NoOpFlightProducer;
import org.apache.arrow.flight.PutResult;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.types.pojo.Schema;

/// Arrow's own Flight server, which holds what is put in memory: what `benchmarks/run arrow-flight`
/// compares with. Prints its port, and ends with its standard input.
public final class HeldTablesMain {
  private HeldTablesMain() {}

  private record Held(Schema schema, List<ArrowRecordBatch> batches) {}

  public static void main(String[] arguments) throws Exception {
    try (BufferAllocator allocator = new RootAllocator();
        FlightServer server =
            FlightServer.builder(
                    allocator, Location.forGrpcInsecure("127.0.0.1", 0), new Tables(allocator))
                .build()
                .start()) {
      System.out.println(server.getPort());
      var _ = System.in.read();
      Runtime.getRuntime().halt(0); // What it holds goes with it.
    }
  }

  private static final class Tables extends NoOpFlightProducer {
    private final BufferAllocator allocator;
    private final Map<String, Held> held = new ConcurrentHashMap<>();

    Tables(BufferAllocator allocator) {
      this.allocator = allocator;
    }

    @Override
    public Runnable acceptPut(
        CallContext context, FlightStream stream, StreamListener<PutResult> done) {
      return () -> {
        List<ArrowRecordBatch> batches = new ArrayList<>();
        while (stream.next()) {
          batches.add(new VectorUnloader(stream.getRoot()).getRecordBatch());
        }
        held.put(
            String.join("/", stream.getDescriptor().getPath()),
            new Held(stream.getSchema(), batches));
        done.onCompleted();
      };
    }

    @Override
    public void getStream(CallContext context, Ticket ticket, ServerStreamListener listener) {
      Held table = held.get(new String(ticket.getBytes(), java.nio.charset.StandardCharsets.UTF_8));
      BackpressureStrategy waiting = new BackpressureStrategy.CallbackBackpressureStrategy();
      waiting.register(listener);
      // Not on gRPC's own thread, which has to tell that the client is ready.
      Thread.ofPlatform().start(() -> send(table, waiting, listener));
    }

    private void send(Held table, BackpressureStrategy waiting, ServerStreamListener listener) {
      try (VectorSchemaRoot root = VectorSchemaRoot.create(table.schema(), allocator)) {
        listener.setUseZeroCopy(Boolean.getBoolean("held.zeroCopy"));
        listener.start(root);
        VectorLoader loader = new VectorLoader(root);
        for (ArrowRecordBatch batch : table.batches()) {
          waiting.waitForListener(60_000);
          loader.load(batch);
          listener.putNext();
        }
        listener.completed();
      } catch (RuntimeException e) {
        listener.error(e);
      }
    }
  }
}
