package io.gridset.core.manifest;

import java.util.List;

/// The documents of a manifest text in their order.
///
/// @param problems all that is wrong, each naming document and field; when there is any, nothing of
///   the text may be applied
public record ParsedManifests(List<ParsedDocument> documents, List<String> problems) {
  public ParsedManifests {
    documents = List.copyOf(documents);
    problems = List.copyOf(problems);
  }
}
