package io.gridset.api;

import io.gridset.client.DatasetFigures;
import io.gridset.client.EvictedBytes;
import io.gridset.core.dataset.DatasetHost;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.file.DatasetFiles;
import io.gridset.core.file.OpenFile;
import io.gridset.core.store.StorageException;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// Figures, files and bytes of running datasets.
final class DatasetRoutes {
  /// Entries of one page of a listing: some 2 MiB of JSON.
  static final int PAGE_ENTRIES_MAX = 10_000;

  private final DatasetHost host;
  private final Supplier<List<DatasetName>> names;

  /// @param names of the datasets that are declared, running or not
  DatasetRoutes(DatasetHost host, Supplier<List<DatasetName>> names) {
    this.host = host;
    this.names = names;
  }

  List<Route> routes() {
    String dataset = "/v1/datasets/{namespace}/{name}";
    return List.of(
        Route.get("/v1/datasets", context -> Route.answer(context, figures())),
        Route.get(dataset + "/files", this::files),
        Route.get(dataset + "/stat", this::stat),
        Route.get(dataset + "/content", this::content),
        Route.post(dataset + "/sync", this::sync),
        Route.post(dataset + "/evict", this::evict));
  }

  /// Figures of the datasets that run.
  List<DatasetFigures> figures() {
    return names.get().stream()
        .flatMap(name -> host.usage(name).map(u -> DatasetFigures.of(name, u)).stream())
        .toList();
  }

  private DatasetFiles running(Context context) throws StorageException {
    DatasetName name = RequestValues.name(context);
    return host.files(name)
        .orElseThrow(
            () ->
                Problems.notFound(
                    names.get().contains(name)
                        ? "dataset " + name + " is not running: `gridset describe dataset` says why"
                        : "no dataset " + name));
  }

  private void files(Context context) throws IOException {
    FileWalk.Depth depth =
        RequestValues.flag(context, "recursive") ? FileWalk.Depth.TREE : FileWalk.Depth.DIRECTORY;
    Optional<String> after =
        Optional.ofNullable(context.queryParam("after")).filter(a -> !a.isEmpty());
    FileWalk walk = new FileWalk(running(context), PAGE_ENTRIES_MAX);
    Route.answer(context, walk.page(RequestValues.path(context), depth, after));
  }

  private void stat(Context context) throws IOException {
    FileWalk walk = new FileWalk(running(context), PAGE_ENTRIES_MAX);
    Route.answer(context, walk.totals(RequestValues.path(context)));
  }

  private void content(Context context) throws IOException {
    String path = RequestValues.path(context);
    DatasetFiles files = running(context);
    if (files.find(path).filter(entry -> entry.isDirectory()).isPresent()) {
      throw Problems.invalid("/" + path + " is a directory");
    }
    try (OpenFile file = files.open(path)) {
      FileContent.answer(context, file, String.valueOf(file.entry().version()));
    }
  }

  private void sync(Context context) throws IOException {
    running(context);
    host.sync(RequestValues.name(context), RequestValues.path(context));
    context.status(204);
  }

  private void evict(Context context) throws IOException {
    running(context);
    long freed = host.evict(RequestValues.name(context), RequestValues.path(context));
    Route.answer(context, new EvictedBytes(freed));
  }
}
