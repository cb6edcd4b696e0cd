package io.gridset.server.object.door;

import io.gridset.client.ObjectView;
import io.gridset.core.store.StorageException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Headers of answers. What is null is left out.
sealed interface Answer {
  /// Whether it was done; the first field of every header.
  boolean ok();

  record Done(boolean ok) implements Answer {}

  record Refused(boolean ok, String kind, String message) implements Answer {
    private static final int MESSAGE_CHARACTERS_MAX = 8 << 10;

    static Refused of(StorageException.Kind kind, @Nullable String message) {
      String text = message == null ? kind.name() : message;
      return new Refused(
          false, kind.name(), text.substring(0, Math.min(text.length(), MESSAGE_CHARACTERS_MAX)));
    }
  }

  record Hello(boolean ok, String node, String version, int inlineBytes, List<String> namespaces)
      implements Answer {}

  record OfObject(
      boolean ok, ObjectView object, @Nullable Boolean inline, @Nullable Boolean descriptor)
      implements Answer {}

  record Staged(
      boolean ok, String staging, long capacity, boolean descriptor, @Nullable Boolean fresh)
      implements Answer {}

  record Listed(boolean ok, List<ObjectView> objects, boolean more) implements Answer {}

  record Deleted(boolean ok, boolean deleted) implements Answer {}

  record Claimed(boolean ok, String state) implements Answer {}
}
