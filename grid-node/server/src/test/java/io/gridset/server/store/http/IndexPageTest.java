package io.gridset.server.store.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.store.StoreEntry;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Pages as servers write them, Apache's above all; nginx's own are read in [HttpUnderStoreTest].
class IndexPageTest {
  private static List<String> names(String html) throws Exception {
    IndexPage page =
        IndexPage.parse(
            URI.create("http://web.example/dist/spark%20x/"),
            html.getBytes(StandardCharsets.UTF_8));
    List<String> names = new ArrayList<>();
    page.forEach(e -> names.add(e.name() + (e instanceof StoreEntry.Directory ? "/" : "")));
    return names;
  }

  @Test
  void apachesFancyIndexHasItsChildrenOnly() throws Exception {
    assertThat(
            names(
                """
                <!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
                <html><head><title>Index of /dist/spark x</title></head><body>
                <h1>Index of /dist/spark x</h1>
                <pre><img src="/icons/blank.gif" alt="Icon "> <a href="?C=N;O=D">Name</a>
                <a href="?C=M;O=A">Last modified</a> <a href="?C=S;O=A">Size</a><hr>
                <img src="/icons/back.gif" alt="[PARENTDIR]"> <a href="/dist/">Parent Directory</a>
                <img src="/icons/folder.gif" alt="[DIR]"> <a href="spark-3.5.1/">spark-3.5.1/</a>
                <img src="/icons/unknown.gif"> <a href="KEYS">KEYS</a> 2024-02-23 20:57 150K
                <a href="a&amp;b%20c+d.tgz">a&amp;b c+d.tgz</a>
                <a href="./colon:name">colon:name</a>
                <a href="%e6%bc%a2">x</a> <a href="bad%ff">bad</a> <a href="x%2Fy">slash</a>
                <a href="http://ads.example/spark">Ad</a> <a href="mailto:root@x">Mail</a>
                <a href="//cdn.example/dist/spark%20x/z">z</a> <a href="/dist/other">other</a>
                <a href="sub/deep">deep</a> <a href="#top">top</a>
                <hr></pre></body></html>
                """))
        .containsExactly("spark-3.5.1/", "KEYS", "a&b c+d.tgz", "colon:name", "漢");
  }

  @Test
  void apachesTableAndAbsoluteLinksAreUnderstood() throws Exception {
    assertThat(
            names(
                """
                <html><head><title>Index of /dist/spark x</title></head><body><table id="indexlist">
                <tr class="indexhead"><th><a href="?C=N;O=D">Name</a></th></tr>
                <tr><td><a href="sub/"><img src="/icons/folder.gif"></a></td>
                    <td><a href="sub/">sub/</a></td><td>&nbsp;</td></tr>
                <tr><td><a href="/dist/spark%20x/one">one</a></td><td>1.2K</td></tr>
                <tr><td><a href="http://web.example/dist/spark x/two">two</a></td></tr>
                </table></body></html>
                """))
        .containsExactly("sub/", "one", "two");
  }

  @Test
  @Timeout(20)
  void aLongPageTakesTimeInProportion() throws Exception {
    StringBuilder html = new StringBuilder("<html><h1>Index of /</h1><hr><pre>");
    for (int i = 0; i < 100_000; i++) {
      html.append("<a href=\"file-").append(i).append("\">file-").append(i).append("</a> 1K\n");
    }
    assertThat(names(html + "</pre></html>")).hasSize(100_000);
  }

  @Test
  void anEmptyIndexIsEmpty() throws Exception {
    assertThat(names("<html><title>Index of /</title><h1>Index of /</h1><pre></pre></html>"))
        .isEmpty();
  }
}
