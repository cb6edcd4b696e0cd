package io.gridset.localstore;

import io.gridset.localstore.http.PercentEncoding;
import io.gridset.localstore.http.Response;
import io.gridset.localstore.objects.Buckets;
import io.gridset.localstore.objects.RefusedException;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// The web mirror: index pages in the form of nginx' autoindex, and files. Thread-safe.
final class IndexPages {
  /// nginx cuts longer names to this many characters and ends them in `..>`.
  private static final int NAME_LIMIT = 50;

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("dd-MMM-yyyy HH:mm", Locale.ENGLISH).withZone(ZoneOffset.UTC);

  private final Buckets buckets;
  private final ObjectRequests objects;

  IndexPages(Buckets buckets, ObjectRequests objects) {
    this.buckets = buckets;
    this.objects = objects;
  }

  Response answer(ObjectRequests.Call call) throws IOException, RefusedException {
    Target target = call.target();
    if (target.bucket().isEmpty()) {
      List<Buckets.Child> children = new ArrayList<>();
      for (String name : buckets.names()) {
        children.add(new Buckets.Child(name + "/", 0, Instant.EPOCH));
      }
      return page(call, children);
    }
    String path = target.key().replaceFirst("/$", "");
    Optional<List<Buckets.Child>> children = buckets.children(target.bucket(), path);
    if (children.isEmpty()) {
      return objects.read(call);
    }
    return target.path().endsWith("/")
        ? page(call, children.get())
        : new Response(
            301,
            Map.of("Location", PercentEncoding.encodePath(target.path()) + "/"),
            Response.NOTHING);
  }

  private static Response page(ObjectRequests.Call call, List<Buckets.Child> children) {
    String title = escaped("Index of " + call.target().path());
    StringBuilder html = new StringBuilder("<html>\r\n<head><title>").append(title);
    html.append("</title></head>\r\n<body>\r\n<h1>").append(title);
    html.append("</h1><hr><pre><a href=\"../\">../</a>\r\n");
    children.stream().filter(child -> child.name().endsWith("/")).forEach(c -> row(html, c));
    children.stream().filter(child -> !child.name().endsWith("/")).forEach(c -> row(html, c));
    html.append("</pre><hr></body>\r\n</html>\r\n");
    Response page = Response.text(200, "text/html; charset=utf-8", html.toString());
    return call.request().isHead()
        ? new Response(200, page.headers(), new Response.Absent(page.body().length()))
        : page;
  }

  private static void row(StringBuilder html, Buckets.Child child) {
    String name = child.name();
    boolean folder = name.endsWith("/");
    String shown = name.length() > NAME_LIMIT ? name.substring(0, NAME_LIMIT - 3) + "..>" : name;
    html.append("<a href=\"").append(PercentEncoding.encodePath(name)).append("\">");
    html.append(escaped(shown)).append("</a>");
    html.append(" ".repeat(NAME_LIMIT + 1 - shown.length()));
    html.append(TIME.format(child.modified()));
    html.append(String.format("%20s", folder ? "-" : String.valueOf(child.size())));
    html.append("\r\n");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
