package io.gridset.localstore;

import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/// A local store as a process of its own. Prints one line of JSON on standard output when it is
/// ready (`{"endpoint": "http://127.0.0.1:43211", "port": 43211, "pid": 4711}`); ends on SIGTERM,
/// SIGINT, and, unless `--until signal` is given, when standard input closes, so that it never
/// outlives who started it.
public final class LocalStoreMain {
  private LocalStoreMain() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    MainOptions options;
    try {
      options = MainOptions.parse(arguments);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage() + "\n" + MainOptions.USAGE);
      System.exit(2);
      return;
    }
    try (LocalStore store = LocalStore.start(options.settings())) {
      store.behaviour().faults(options.faults());
      Map<String, Object> ready = new LinkedHashMap<>();
      ready.put("endpoint", store.endpoint());
      ready.put("port", store.port());
      ready.put("pid", ProcessHandle.current().pid());
      System.out.println(Json.write(ready));
      System.out.flush();
      await(options.lifetime());
    }
  }

  private static void await(MainOptions.Lifetime lifetime)
      throws IOException, InterruptedException {
    switch (lifetime) {
      case STDIN -> {
        System.in.transferTo(OutputStream.nullOutputStream());
      }
      case SIGNAL -> new CountDownLatch(1).await();
    }
  }
}
