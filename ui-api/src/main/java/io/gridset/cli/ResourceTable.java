package io.gridset.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.core.manifest.ResourceKind;
import io.gridset.core.schema.PrinterColumn;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;

/// Resources of one kind in kubectl's columns.
///
/// @param now what ages are counted to
record ResourceTable(ResourceKind kind, Width width, Namespaces namespaces, Instant now) {
  /// Whether columns of `-o wide` are shown.
  enum Width {
    NORMAL,
    WIDE
  }

  /// Whether the namespace is a column.
  enum Namespaces {
    ONE,
    ALL
  }

  Table of(List<JsonNode> resources) {
    Table table = new Table(titles());
    resources.forEach(resource -> table.row(cells(resource)));
    return table;
  }

  private List<String> titles() {
    List<String> titles = new ArrayList<>();
    if (namespaces == Namespaces.ALL) {
      titles.add("NAMESPACE");
    }
    titles.add("NAME");
    columns().forEach(column -> titles.add(column.title()));
    return titles;
  }

  private List<String> cells(JsonNode resource) {
    List<String> cells = new ArrayList<>();
    if (namespaces == Namespaces.ALL) {
      cells.add(resource.at("/metadata/namespace").asText());
    }
    cells.add(resource.at("/metadata/name").asText());
    columns().forEach(column -> cells.add(cell(column, resource.at(column.pointer()))));
    return cells;
  }

  private List<PrinterColumn> columns() {
    return kind.columns().stream()
        .filter(column -> width == Width.WIDE || column.scope() == PrinterColumn.Scope.ALWAYS)
        .toList();
  }

  private String cell(PrinterColumn column, JsonNode value) {
    return switch (column.format()) {
      case TEXT, NUMBER -> value.isMissingNode() || value.isNull() ? "" : value.asText();
      case AGE -> age(value.asText());
    };
  }

  private String age(String timestamp) {
    try {
      return Age.of(Duration.between(Instant.parse(timestamp), now));
    } catch (DateTimeParseException _) {
      return "<unknown>";
    }
  }
}
