package io.gridset.server.reader;

import com.fasterxml.jackson.core.type.TypeReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a reader last heard of the grid, in a file: who was in it and which datasets it had, so
/// that a reader which starts while no member answers can give out what it holds. Not thread-safe.
final class KnownGrid {
  private static final Logger LOG = LoggerFactory.getLogger(KnownGrid.class);

  private final Path file;
  private Heard last = Heard.NOTHING;

  /// All of it.
  record Heard(List<Facts.OfMember> members, List<Facts.OfDataset> datasets) {
    static final Heard NOTHING = new Heard(List.of(), List.of());

    Heard {
      members = List.copyOf(members);
      datasets = List.copyOf(datasets);
    }
  }

  KnownGrid(Path file) {
    this.file = file;
  }

  /// Nothing when there is no such file, or none that can be read.
  Heard read() {
    try {
      last = Facts.decode(Files.readAllBytes(file), new TypeReference<Heard>() {});
    } catch (NoSuchFileException _) {
      last = Heard.NOTHING;
    } catch (IOException | NullPointerException e) {
      LOG.warn("{} is left out: {}", file, e.toString());
      last = Heard.NOTHING;
    }
    return last;
  }

  /// Writes what differs from the last time; a reader goes on without.
  void write(Heard heard) {
    if (heard.equals(last)) {
      return;
    }
    Path next = file.resolveSibling(file.getFileName() + ".next");
    try {
      Files.write(next, Facts.encode(heard));
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      last = heard;
    } catch (IOException e) {
      LOG.warn("cannot remember the grid in {}: {}", file, e.toString());
    }
  }
}
