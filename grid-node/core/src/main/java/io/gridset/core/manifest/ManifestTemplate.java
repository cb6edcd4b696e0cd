package io.gridset.core.manifest;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Fills `${NAME}` in a manifest's text from an environment, before it is parsed. Pure.
///
/// Why on the text: that is what `envsubst` does, with which these manifests are used elsewhere. So
/// values that could change the text's structure are refused instead of being pasted.
public final class ManifestTemplate {
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)}");

  private ManifestTemplate() {}

  /// Names that `env` lacks stay in the text as they are: documents that are skipped may hold any.
  /// [ManifestParser] refuses them where they matter.
  public static Expansion expand(String text, Map<String, String> env) {
    TreeSet<String> missing = new TreeSet<>();
    TreeSet<String> unsafe = new TreeSet<>();
    Matcher matcher = VARIABLE.matcher(text);
    StringBuilder expanded = new StringBuilder();
    while (matcher.find()) {
      String name = matcher.group(1);
      String value = env.get(name);
      if (value == null) {
        missing.add(name);
      } else if (!isPlain(value)) {
        unsafe.add(name);
      } else {
        matcher.appendReplacement(expanded, Matcher.quoteReplacement(value));
        continue;
      }
      matcher.appendReplacement(expanded, Matcher.quoteReplacement(matcher.group()));
    }
    matcher.appendTail(expanded);
    return new Expansion(expanded.toString(), List.copyOf(missing), List.copyOf(unsafe));
  }

  private static boolean isPlain(String value) {
    return value.chars().noneMatch(c -> Character.isISOControl(c) || c == '"' || c == '\\')
        && !value.contains(": ")
        && !value.contains(" #");
  }

  /// An expanded text. It may hold secrets, so it does not print itself.
  ///
  /// @param missing all variables that were not set, in order
  /// @param unsafe variables whose value holds a quote, a line break or YAML's own signs
  public record Expansion(String text, List<String> missing, List<String> unsafe) {
    /// One line for each variable that could not be filled in.
    public List<String> problems() {
      return java.util.stream.Stream.concat(
              missing.stream().map(name -> "the environment variable " + name + " is not set"),
              unsafe.stream()
                  .map(
                      name ->
                          "the value of the environment variable "
                              + name
                              + " holds quotes, line breaks or YAML syntax; write it in the manifest"))
          .toList();
    }

    @Override
    public String toString() {
      return "Expansion[missing=" + missing + ", unsafe=" + unsafe + "]";
    }
  }
}
