package io.gridset.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/// A table laid out as kubectl lays it out: columns as wide as their widest cell plus three spaces,
/// at least six wide, nothing behind the last.
final class Table {
  private static final int PADDING = 3;
  private static final int WIDTH_MIN = 6;

  private final List<List<String>> rows = new ArrayList<>();

  Table(List<String> titles) {
    rows.add(List.copyOf(titles));
  }

  static Table of(String... titles) {
    return new Table(List.of(titles));
  }

  void row(List<String> cells) {
    rows.add(List.copyOf(cells));
  }

  void row(String... cells) {
    row(List.of(cells));
  }

  boolean isEmpty() {
    return rows.size() == 1;
  }

  void print(PrintWriter out) {
    lines().forEach(out::println);
  }

  List<String> lines() {
    int columns = rows.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], Math.max(WIDTH_MIN, row.get(i).length() + PADDING));
      }
    }
    return rows.stream().map(row -> line(row, widths)).toList();
  }

  private static String line(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < row.size(); i++) {
      line.append(row.get(i));
      if (i < row.size() - 1) {
        line.repeat(' ', widths[i] - row.get(i).length());
      }
    }
    return line.toString();
  }
}
