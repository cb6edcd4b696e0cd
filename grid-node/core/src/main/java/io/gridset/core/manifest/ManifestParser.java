package io.gridset.core.manifest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.RuntimeJsonMappingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Reads a text of YAML or JSON documents into resources, telling all that is wrong with it at
/// once. Pure; thread-safe.
public final class ManifestParser {
  /// More than any set of manifests of one program needs; YAML costs many times its length.
  private static final int MAX_CHARACTERS = 2 << 20;

  /// Problems beyond these help nobody.
  private static final int MAX_PROBLEMS = 100;

  private static final YAMLMapper YAML =
      YAMLMapper.builder(
              YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
          .build();

  private ManifestParser() {}

  public static ParsedManifests parse(String text, String defaultNamespace) {
    if (text.length() > MAX_CHARACTERS) {
      return refused("the text is longer than " + (MAX_CHARACTERS >> 20) + " Mi characters");
    }
    List<JsonNode> nodes = new ArrayList<>();
    try {
      refuseAliases(text);
      try (MappingIterator<JsonNode> documents = YAML.readerFor(JsonNode.class).readValues(text)) {
        while (documents.hasNextValue()) {
          nodes.add(documents.nextValue());
        }
      }
    } catch (JsonProcessingException e) {
      return refused(syntaxProblem(e, nodes.size()));
    } catch (RuntimeJsonMappingException e) {
      return refused(
          e.getCause() instanceof JsonProcessingException cause
              ? syntaxProblem(cause, nodes.size())
              : "document " + (nodes.size() + 1) + ": not valid YAML");
    } catch (IOException e) {
      return refused(String.valueOf(e.getMessage()));
    }
    return readAll(nodes, defaultNamespace);
  }

  private static ParsedManifests readAll(List<JsonNode> nodes, String defaultNamespace) {
    List<ParsedDocument> documents = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    int number = 0;
    for (JsonNode node : nodes) {
      number++;
      if (node.isNull() || node.isMissingNode() || isBlank(node)) {
        continue;
      }
      boolean isList = node.path("kind").asText().equals("List") && node.path("items").isArray();
      for (JsonNode item : isList ? node.path("items") : List.of(node)) {
        new DocumentReader(number, defaultNamespace, problems)
            .read(item)
            .ifPresent(
                document -> {
                  if (document instanceof ParsedDocument.Resource resource
                      && !seen.add(resource.toString())) {
                    problems.add(resource + ": stands in the text twice");
                  }
                  documents.add(document);
                });
      }
    }
    if (documents.isEmpty() && problems.isEmpty()) {
      problems.add("the text holds no manifest");
    }
    return new ParsedManifests(documents, problems.stream().limit(MAX_PROBLEMS).toList());
  }

  private static boolean isBlank(JsonNode node) {
    return node.isTextual() && node.textValue().isBlank();
  }

  /// Jackson would read an alias as the plain text of its name: a wrong value, told to nobody.
  private static void refuseAliases(String text) throws IOException {
    try (YAMLParser parser = YAML.getFactory().createParser(text)) {
      while (parser.nextToken() != null) {
        if (parser.isCurrentAlias()) {
          throw new AliasException(parser);
        }
      }
    }
  }

  private static final class AliasException extends JsonProcessingException {
    AliasException(YAMLParser parser) {
      super("YAML aliases are not read; write the value out", parser.currentTokenLocation());
    }
  }

  /// The parser's own message without the excerpts of the text that it adds: they may be secrets.
  private static String syntaxProblem(JsonProcessingException problem, int document) {
    String message = String.valueOf(problem.getOriginalMessage());
    List<String> lines =
        message
            .lines()
            .filter(line -> !line.isBlank() && !Character.isWhitespace(line.charAt(0)))
            .map(line -> line.startsWith("found undefined alias") ? "found undefined alias" : line)
            .limit(3)
            .toList();
    var location = problem.getLocation();
    String where =
        location == null || location.getLineNr() < 1
            ? "document " + (document + 1)
            : "line " + location.getLineNr() + ", column " + location.getColumnNr();
    return where + ": not valid YAML: " + String.join("; ", lines);
  }

  private static ParsedManifests refused(String problem) {
    return new ParsedManifests(List.of(), List.of(problem));
  }
}
