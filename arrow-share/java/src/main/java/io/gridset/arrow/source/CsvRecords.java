package io.gridset.arrow.source;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Splits CSV text into records: RFC 4180, with line ends of either kind. Empty lines are left out.
final class CsvRecords {
  private static final int END = -1;

  private final Path file;
  private final Reader text;
  private int line = 1;
  private int recordLine = 1;

  CsvRecords(Path file, Reader text) {
    this.file = file;
    this.text = text;
  }

  /// Where the record that was read last begins.
  int line() {
    return recordLine;
  }

  @Nullable List<String> next() throws IOException {
    int next = read();
    while (next == '\n' || next == '\r') {
      next = read();
    }
    if (next == END) {
      return null;
    }
    recordLine = line;
    List<String> fields = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    while (true) {
      next = next == '"' ? quoted(field) : plain(field, next);
      fields.add(field.toString());
      field.setLength(0);
      if (next != ',') {
        return fields;
      }
      next = read();
    }
  }

  /// Reads to the end of a field, and gives the comma, line end or end of file behind it.
  private int plain(StringBuilder field, int first) throws IOException {
    int next = first;
    while (next != ',' && next != '\n' && next != END) {
      if (next != '\r') {
        field.append((char) next);
      }
      next = read();
    }
    return next;
  }

  private int quoted(StringBuilder field) throws IOException {
    while (true) {
      int next = read();
      if (next == END) {
        throw new IOException(file + ", line " + recordLine + ": a quote that does not end");
      }
      if (next == '"') {
        next = read();
        if (next != '"') {
          return plain(field, next);
        }
      }
      field.append((char) next);
    }
  }

  private int read() throws IOException {
    int next = text.read();
    if (next == '\n') {
      line++;
    }
    return next;
  }
}
