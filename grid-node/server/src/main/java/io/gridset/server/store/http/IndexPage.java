package io.gridset.server.store.http;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.store.StoreEntry;
import io.gridset.server.store.mount.StorePath;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.parser.Parser;
import org.jsoup.parser.StreamParser;
import org.jspecify.annotations.Nullable;

/// Reads the links of a directory's index page: only direct children of the directory, whatever
/// else (sort links, parent, icons, advertising) the page holds. Elements are dropped as they are
/// read, so a page of 100,000 names does not become a tree in memory.
final class IndexPage {
  private final URI page;
  private final String basePath;
  private final Set<String> directories = new LinkedHashSet<>();
  private final Set<String> files = new LinkedHashSet<>();
  private boolean looksLikeIndex;
  private long leftOut;

  private IndexPage(URI page) {
    this.page = page;
    this.basePath = UrlPath.decode(page.getRawPath()).orElse(page.getRawPath());
  }

  /// @param page the directory's address, ending with a slash
  /// @throws StorageException INVALID when it is a page, but not an index
  static IndexPage parse(URI page, byte[] html) throws StorageException {
    IndexPage index = new IndexPage(page);
    try (Reader reader =
            new InputStreamReader(new ByteArrayInputStream(html), StandardCharsets.UTF_8);
        StreamParser parser = new StreamParser(Parser.htmlParser())) {
      parser.parse(reader, page.toString());
      for (Element element = parser.selectNext("a[href], title, h1");
          element != null;
          element = parser.selectNext("a[href], title, h1")) {
        index.look(element);
      }
    } catch (IOException e) {
      throw notAnIndex(page, e);
    }
    if (!index.looksLikeIndex) {
      throw notAnIndex(page, null);
    }
    return index;
  }

  private void look(Element element) {
    if (element.normalName().equals("a")) {
      link(element.attr("href").strip());
      drop(element);
    } else {
      String text = element.text().toLowerCase(Locale.ROOT);
      looksLikeIndex |=
          text.contains("index of")
              || text.contains("directory listing")
              || text.contains("listing of");
    }
  }

  /// Takes the element and what stands before it out of the tree: with siblings left, removing
  /// would cost their number each time.
  private static void drop(Element element) {
    for (Node before = element.previousSibling();
        before != null;
        before = element.previousSibling()) {
      before.remove();
    }
    element.remove();
  }

  private void link(String href) {
    if (href.equals("../") || href.equals("..") || href.startsWith("?C=")) {
      looksLikeIndex = true;
      return;
    }
    String path = href.indexOf('?') >= 0 || href.indexOf('#') >= 0 ? null : pathOf(href);
    if (path == null) {
      return;
    }
    Optional<String> decoded = UrlPath.decode(path);
    if (decoded.isEmpty()) {
      leftOut++;
      return;
    }
    String full = decoded.get();
    if (!full.startsWith(basePath) || full.length() == basePath.length()) {
      return;
    }
    boolean directory = path.endsWith("/");
    String name = full.substring(basePath.length(), full.length() - (directory ? 1 : 0));
    if (StorePath.isName(name)) {
      (directory ? directories : files).add(name);
    } else if (!path.substring(0, path.length() - 1).contains("/")) {
      leftOut++;
    }
  }

  /// The encoded path that a link leads to on this server, or null when it leads elsewhere.
  private @Nullable String pathOf(String href) {
    if (href.startsWith("//")) {
      return href.startsWith("//" + page.getRawAuthority() + "/")
          ? href.substring(2 + page.getRawAuthority().length())
          : null;
    }
    if (href.startsWith("/")) {
      return href;
    }
    int colon = href.indexOf(':');
    int slash = href.indexOf('/');
    if (colon > 0 && (slash < 0 || colon < slash)) {
      String origin = page.getScheme() + "://" + page.getRawAuthority() + "/";
      return href.regionMatches(true, 0, origin, 0, origin.length())
          ? href.substring(origin.length() - 1)
          : null;
    }
    return page.getRawPath() + (href.startsWith("./") ? href.substring(2) : href);
  }

  /// Hands out directories, then files; their versions are left to HEAD.
  void forEach(java.util.function.Consumer<StoreEntry> sink) {
    directories.forEach(name -> sink.accept(new StoreEntry.Directory(name)));
    for (String name : files) {
      if (!directories.contains(name)) {
        sink.accept(new StoreEntry.ObjectFile(name, null));
      }
    }
  }

  /// Links to children whose names no path can hold.
  long leftOut() {
    return leftOut;
  }

  private static StorageException notAnIndex(URI page, @Nullable IOException cause) {
    String message =
        "'"
            + page.getScheme()
            + "://"
            + page.getRawAuthority()
            + page.getRawPath()
            + "' is a page, but not a directory's index: switch the server's directory index on"
            + " (nginx: autoindex on, Apache: Options +Indexes) or mend mountPoint";
    return cause == null
        ? StorageException.of(Kind.INVALID, message)
        : StorageException.of(Kind.INVALID, message, cause);
  }
}
