package io.gridset.csi.mount;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What is mounted where, as the kernel tells it without asking any file system. Source: proc(5),
/// /proc/pid/mountinfo.
public record MountTable(List<Entry> entries) {
  private static final Path FILE = Path.of("/proc/self/mountinfo");
  private static final Pattern ESCAPED = Pattern.compile("\\\\([0-7]{3})");

  /// One mount.
  ///
  /// @param id while it is mounted; the kernel gives it to another later, so it tells no order
  /// @param parent the id of the mount that it is mounted on
  /// @param device of the file system, such as `0:57`; a server that starts anew has another
  /// @param root what of the file system is seen, such as `/` or a directory in it
  /// @param source what its server calls itself, such as `gridset:ml/models`
  public record Entry(
      int id, int parent, String device, String root, Path mountPoint, String source) {}

  public static MountTable read() throws IOException {
    List<Entry> entries = new ArrayList<>();
    for (String line : Files.readAllLines(FILE, StandardCharsets.ISO_8859_1)) {
      entries.add(entry(line));
    }
    return new MountTable(entries);
  }

  /// Parses one line of the table.
  static Entry entry(String line) {
    String[] fields = line.split(" ");
    String[] fileSystem = line.substring(line.indexOf(" - ") + 3).split(" ");
    return new Entry(
        Integer.parseInt(fields[0]),
        Integer.parseInt(fields[1]),
        fields[2],
        unescape(fields[3]),
        Path.of(unescape(fields[4])),
        unescape(fileSystem[1]));
  }

  /// The mounts at exactly this path, the lowest first: each is mounted on the one below.
  public List<Entry> at(Path path) {
    List<Entry> left =
        new ArrayList<>(entries.stream().filter(entry -> entry.mountPoint().equals(path)).toList());
    List<Entry> layers = new ArrayList<>();
    while (!left.isEmpty()) {
      Entry next =
          left.stream()
              .filter(entry -> left.stream().noneMatch(other -> other.id() == entry.parent()))
              .findFirst()
              .orElse(left.getFirst()); // The table changed while it was read.
      left.remove(next);
      layers.add(next);
    }
    return layers;
  }

  /// The mount that one sees at this path.
  public Optional<Entry> top(Path path) {
    return at(path).stream().reduce((_, above) -> above);
  }

  /// Whether anything is mounted at this path or below.
  public boolean anyWithin(Path path) {
    return entries.stream().anyMatch(entry -> entry.mountPoint().startsWith(path));
  }

  /// As seq_path() in fs/seq_file.c escapes paths; its bytes are those of the file name.
  private static String unescape(String text) {
    Matcher matcher = ESCAPED.matcher(text);
    String plain =
        matcher.replaceAll(
            found ->
                Matcher.quoteReplacement(
                    Character.toString((char) Integer.parseInt(found.group(1), 8))));
    return new String(plain.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }
}
