package io.gridset.client;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A part of a listing, in tree order (a directory before what is in it, names ascending).
///
/// @param next the `after` of the next page; null on the last
public record FilePage(List<FileView> entries, @Nullable String next) {
  public FilePage {
    entries = List.copyOf(entries);
  }
}
