package io.gridset.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.gridset.core.object.LostObject;
import io.gridset.core.object.ObjectInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// A part of a listing of objects, in order of names.
///
/// @param more whether there are objects after the last
public record ObjectPage(List<ObjectView> objects, boolean more) {
  /// Objects of one page.
  public static final int OBJECTS_MAX = 1000;

  /// A page ends here; the next object, whatever its attributes, still fits a frame of 1 MiB.
  private static final int BYTES_MAX = 256 << 10;

  /// Of each object's schema, which `describe` tells in full.
  private static final int SCHEMA_CHARACTERS_MAX = 4 << 10;

  /// The next page of `all`, which is ordered by name.
  ///
  /// @param node the id of the node that answers
  /// @param after the name that the page before ended with, or empty
  /// @param limit objects of a page, [#OBJECTS_MAX] at most
  /// @throws IllegalArgumentException for a limit below 1
  public static ObjectPage of(List<ObjectInfo> all, String node, String after, int limit) {
    return of(
        all, info -> info.name().path(), info -> ObjectView.of(info, node), new Part(after, limit));
  }

  /// The next page of lost objects, as of others.
  public static ObjectPage ofLost(List<LostObject> all, String after, int limit) {
    return of(all, lost -> lost.info().name().path(), ObjectView::of, new Part(after, limit));
  }

  private record Part(String after, int limit) {}

  private static <T> ObjectPage of(
      List<T> all, Function<T, String> path, Function<T, ObjectView> viewed, Part part) {
    int limit = part.limit();
    if (limit < 1) {
      throw new IllegalArgumentException("limit: at least 1, not " + limit);
    }
    List<ObjectView> page = new ArrayList<>();
    int bytes = 0;
    for (T each : all) {
      if (path.apply(each).compareTo(part.after()) > 0) {
        if (page.size() == Math.min(limit, OBJECTS_MAX) || bytes > BYTES_MAX) {
          return new ObjectPage(page, true);
        }
        ObjectView view = viewed.apply(each).withSchemaUpTo(SCHEMA_CHARACTERS_MAX);
        bytes += bytes(view);
        page.add(view);
      }
    }
    return new ObjectPage(page, false);
  }

  private static int bytes(ObjectView view) {
    try {
      return WireJson.mapper().writeValueAsBytes(view).length;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of texts and numbers is plain JSON", e);
    }
  }
}
