package io.gridset.core.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.ParsedDocument.Resource;
import io.gridset.core.manifest.ParsedDocument.Skipped;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// Reads one document: which kind it is, whether its fields are right, what its normal form is.
final class DocumentReader {
  /// Names of Fluid's resources become host names (DNS-1035), those of Secrets may hold dots.
  private static final Pattern RESOURCE_NAME = Pattern.compile("[a-z]([-a-z0-9]{0,61}[a-z0-9])?");

  private static final Pattern SECRET_NAME =
      Pattern.compile("[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?");
  private static final Pattern NAMESPACE = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
  private static final Pattern SECRET_KEY = Pattern.compile("[-._a-zA-Z0-9]{1,253}");

  /// kubectl's copy of the whole manifest, secret values included.
  private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

  private final int number;
  private final String defaultNamespace;
  private final List<String> problems;
  private final FieldChecker checker = new FieldChecker();
  private final List<String> notes = new ArrayList<>();

  DocumentReader(int number, String defaultNamespace, List<String> problems) {
    this.number = number;
    this.defaultNamespace = defaultNamespace;
    this.problems = problems;
  }

  /// The document, or empty when it has problems.
  Optional<ParsedDocument> read(JsonNode node) {
    if (!(node instanceof ObjectNode document)) {
      problems.add("document " + number + ": is not an object with apiVersion and kind");
      return Optional.empty();
    }
    String kindName = document.path("kind").asText("");
    String apiVersion = document.path("apiVersion").asText("");
    if (kindName.isEmpty() || apiVersion.isEmpty()) {
      String missing = kindName.isEmpty() ? "kind" : "apiVersion";
      problems.add("document " + number + ": " + missing + ": is required");
      return Optional.empty();
    }
    DatasetName name = nameOf(document);
    Optional<ResourceKind> kind =
        Arrays.stream(ResourceKind.values()).filter(k -> k.kind().equals(kindName)).findFirst();
    if (kind.isPresent()) {
      return readKind(kind.get(), apiVersion, name, document);
    }
    Optional<String> reason = ForeignKinds.reasonToSkip(apiVersion, kindName);
    if (reason.isEmpty()) {
      problems.add(
          kindName
              + " "
              + name
              + ": kind: unknown kind"
              + NearestName.hint(kindName, ForeignKinds.kinds()));
    }
    return reason.map(text -> new Skipped(kindName, name, text));
  }

  private DatasetName nameOf(JsonNode document) {
    String namespace = document.path("metadata").path("namespace").asText("");
    String name = document.path("metadata").path("name").asText("");
    return new DatasetName(
        namespace.isEmpty() ? defaultNamespace : namespace,
        name.isEmpty() ? "(document " + number + ")" : name);
  }

  private Optional<ParsedDocument> readKind(
      ResourceKind kind, String apiVersion, DatasetName name, ObjectNode document) {
    if (!apiVersion.equals(kind.apiVersion())) {
      checker.problem("apiVersion", "must be " + kind.apiVersion() + ", not " + apiVersion);
    }
    checker.check(FluidFields.of(kind), "", document);
    if (checker.problems().isEmpty()) {
      checkNames(kind, name);
      checkValues(kind, document);
    }
    if (!checker.problems().isEmpty()) {
      checker.problems().forEach(p -> problems.add(kind.kind() + " " + name + ": " + p));
      return Optional.empty();
    }
    return Optional.of(
        new Resource(kind, name, normalise(kind, name, document), checker.kept(), notes));
  }

  private void checkNames(ResourceKind kind, DatasetName name) {
    Pattern pattern = kind == ResourceKind.SECRET ? SECRET_NAME : RESOURCE_NAME;
    if (!pattern.matcher(name.name()).matches()) {
      checker.problem(
          "metadata.name",
          "'" + name.name() + "' is not a name; use a to z, 0 to 9 and -, starting with a letter");
    }
    if (!NAMESPACE.matcher(name.namespace()).matches()) {
      checker.problem(
          "metadata.namespace",
          "'" + name.namespace() + "' is not a namespace; use a to z, 0 to 9 and -");
    }
  }

  private void checkValues(ResourceKind kind, ObjectNode document) {
    switch (kind) {
      case SECRET -> checkSecret(document);
      case DATASET -> {
        checkDataset(DatasetSpec.of(document));
        checkGrants(document.path("spec").path("grants"));
      }
      case DATA_LOAD -> checkLoad(document);
      case JINDO_RUNTIME, ALLUXIO_RUNTIME, JUICEFS_RUNTIME, GRID_RUNTIME, VINEYARD_RUNTIME -> {
        RuntimeSpec spec = RuntimeSpec.read(document, checker);
        if (spec.replicas() > 1) {
          notes.add("spec.replicas is " + spec.replicas() + ", one machine runs one worker");
        }
        if (kind == ResourceKind.VINEYARD_RUNTIME) {
          notes.add(
              "Arrow objects share the node's memory: tieredstore sets nothing aside for them");
        } else if (spec.tiers().isEmpty() && checker.problems().isEmpty()) {
          checker.problem(
              "spec.tieredstore.levels", "is required: one level with mediumtype, path and quota");
        }
      }
    }
  }

  private void checkLoad(ObjectNode document) {
    checkLoadOptions(document.path("spec").path("options"));
    if (!checker.problems().isEmpty()) {
      return;
    }
    DataLoadSpec load = DataLoadSpec.of(document);
    for (int i = 0; i < load.request().targets().size(); i++) {
      if (hasDots(load.request().targets().get(i))) {
        checker.problem("spec.target[" + i + "].path", "must not hold . or .. parts");
      }
    }
    if (load.policy() != DataLoadSpec.Policy.ONCE) {
      notes.add("spec.policy: only Once is acted on by the standalone program");
    }
  }

  private void checkLoadOptions(JsonNode options) {
    for (Map.Entry<String, JsonNode> option : options.properties()) {
      String path = "spec.options." + option.getKey();
      if (!option.getKey().equals(DataLoadSpec.BANDWIDTH_LIMIT)) {
        checker.kept().add(path);
        continue;
      }
      try {
        var _ = DataLoadSpec.bandwidth(option.getValue().asText());
      } catch (IllegalArgumentException e) {
        checker.problem(path, String.valueOf(e.getMessage()));
      }
    }
  }

  private void checkDataset(DatasetSpec spec) {
    Map<String, Integer> paths = new TreeMap<>();
    Map<String, Integer> names = new TreeMap<>();
    for (int i = 0; i < spec.mounts().size(); i++) {
      MountSpec mount = spec.mounts().get(i);
      String at = "spec.mounts[" + i + "]";
      MountScheme.problem(mount.mountPoint())
          .ifPresent(problem -> checker.problem(at + ".mountPoint", problem));
      checkPath(mount, at, spec.mounts().size());
      Integer same = paths.putIfAbsent(mount.treePath(), i);
      if (same != null && spec.reference().isEmpty()) {
        checker.problem(
            at + ".path", "spec.mounts[" + same + "] is at " + mount.treePath() + " already");
      }
      Integer namesake = mount.name().isEmpty() ? null : names.putIfAbsent(mount.name(), i);
      if (namesake != null) {
        checker.problem(at + ".name", "spec.mounts[" + namesake + "] has this name already");
      }
    }
    for (String time : spec.metadataTimes()) {
      if (DatasetSpec.parseTime(time).isEmpty()) {
        checker.problem(
            DatasetSpec.METADATA_TTL,
            "'" + time + "' is not immutable, always or a time such as 60s, 5m or 1h");
      }
    }
    spec.copiesText()
        .filter(text -> DatasetSpec.parseCopies(text).isEmpty())
        .ifPresent(
            text ->
                checker.problem(
                    DatasetSpec.COPIES,
                    "'"
                        + text
                        + "' is not none; without the annotation copies are kept while there is"
                        + " room"));
    if (spec.wantsWrites()) {
      notes.add("spec.accessModes asks for writing; the dataset is read-only in this version");
    }
  }

  private void checkGrants(JsonNode grants) {
    for (int i = 0; i < grants.size(); i++) {
      JsonNode namespaces = grants.get(i).path("namespaces");
      String at = "spec.grants[" + i + "]";
      if (namespaces.isEmpty()) {
        checker.problem(at + ".namespaces", "names no namespace; write * for all of them");
      }
      for (int j = 0; j < namespaces.size(); j++) {
        String namespace = namespaces.get(j).asText();
        if (!namespace.equals("*") && !NAMESPACE.matcher(namespace).matches()) {
          checker.problem(
              at + ".namespaces[" + j + "]", "'" + namespace + "' is neither a namespace nor *");
        }
      }
      JsonNode paths = grants.get(i).path("paths");
      for (int j = 0; j < paths.size(); j++) {
        if (hasDots(paths.get(j).asText())) {
          checker.problem(at + ".paths[" + j + "]", "must not hold . or .. parts");
        }
      }
    }
  }

  private void checkPath(MountSpec mount, String at, int mounts) {
    if (mount.name().contains("/")) {
      checker.problem(at + ".name", "must not hold a slash");
    }
    if (Arrays.asList(mount.treePath().split("/")).contains("..")) {
      checker.problem(at + ".path", "must not hold ..");
    }
    if (mount.hasIgnoredPath()) {
      notes.add(
          at + ".path is not absolute and so, as in Fluid, the mount is at " + mount.treePath());
    }
    if (mounts > 1
        && mount.name().isEmpty()
        && mount.path().isEmpty()
        && !mount.scheme().equals(MountScheme.DATASET)) {
      checker.problem(at + ".name", "is required when there are several mounts (or a path)");
    }
  }

  private void checkSecret(ObjectNode document) {
    for (String field : List.of("data", "stringData")) {
      for (Map.Entry<String, String> entry : DatasetSpec.texts(document.path(field)).entrySet()) {
        String at = field + "." + entry.getKey();
        if (!SECRET_KEY.matcher(entry.getKey()).matches()) {
          checker.problem(at, "a key holds letters, digits, -, _ and . only");
        }
        if (field.equals("data") && decode(entry.getValue()).isEmpty()) {
          checker.problem(at, "is not Base64; put plain text under stringData");
        }
      }
    }
  }

  private static Optional<byte[]> decode(String base64) {
    try {
      return Optional.of(Base64.getMimeDecoder().decode(base64))
          .filter(bytes -> base64.chars().allMatch(DocumentReader::isBase64));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static boolean isBase64(int c) {
    return Character.isWhitespace(c)
        || (c < 128 && (Character.isLetterOrDigit(c) || c == '+' || c == '/' || c == '='));
  }

  private static boolean hasDots(String path) {
    return Arrays.stream(path.split("/")).anyMatch(part -> part.equals("..") || part.equals("."));
  }

  private static ObjectNode normalise(ResourceKind kind, DatasetName name, ObjectNode document) {
    ObjectNode normal = JsonNodeFactory.instance.objectNode();
    normal.put("apiVersion", kind.apiVersion());
    normal.put("kind", kind.kind());
    ObjectNode metadata = normal.putObject("metadata");
    metadata.put("name", name.name());
    metadata.put("namespace", name.namespace());
    for (String field : List.of("labels", "annotations")) {
      if (document.path("metadata").get(field) instanceof ObjectNode map && !map.isEmpty()) {
        ObjectNode copy = map.deepCopy();
        copy.remove(LAST_APPLIED);
        if (!copy.isEmpty()) {
          metadata.set(field, copy);
        }
      }
    }
    if (kind == ResourceKind.SECRET) {
      normaliseSecret(document, normal);
    } else if (document.hasNonNull("spec")) {
      normal.set("spec", document.get("spec").deepCopy());
    } else {
      normal.putObject("spec");
    }
    return normal;
  }

  private static void normaliseSecret(ObjectNode document, ObjectNode normal) {
    normal.put("type", document.path("type").asText("Opaque"));
    Map<String, String> values = new TreeMap<>();
    DatasetSpec.texts(document.path("data"))
        .forEach(
            (key, value) ->
                values.put(
                    key, Base64.getEncoder().encodeToString(decode(value).orElse(new byte[0]))));
    DatasetSpec.texts(document.path("stringData"))
        .forEach(
            (key, value) ->
                values.put(
                    key,
                    Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.UTF_8))));
    ObjectNode data = normal.putObject("data");
    values.forEach(data::put);
  }
}
