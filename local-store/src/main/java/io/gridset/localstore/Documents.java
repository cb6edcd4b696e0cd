package io.gridset.localstore;

import io.gridset.localstore.http.PercentEncoding;
import io.gridset.localstore.http.Query;
import io.gridset.localstore.objects.ListPage;
import io.gridset.localstore.objects.ListQuery;
import io.gridset.localstore.objects.StoreError;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/// The XML documents of both protocols.
final class Documents {
  private static final String DECLARATION = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  private static final String S3_NAMESPACE = " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

  private Documents() {}

  static String error(
      Protocol protocol, StoreError error, String message, Target target, String requestId) {
    StringBuilder xml = new StringBuilder(DECLARATION).append("<Error>");
    element(xml, "Code", protocol == Protocol.OSS ? error.code() : error.s3Code());
    element(xml, "Message", message);
    if (protocol == Protocol.S3) {
      element(xml, "Resource", target.path());
    }
    if (!target.key().isEmpty()) {
      element(xml, "Key", target.key());
    } else if (!target.bucket().isEmpty()) {
      element(xml, "BucketName", target.bucket());
    }
    element(xml, "RequestId", requestId);
    element(xml, "HostId", "local-store");
    return xml.append("</Error>").toString();
  }

  static String location(Protocol protocol) {
    return protocol == Protocol.OSS
        ? DECLARATION + "<LocationConstraint>oss-local</LocationConstraint>"
        : DECLARATION + "<LocationConstraint" + S3_NAMESPACE + "/>";
  }

  static String buckets(Protocol protocol, List<String> names) {
    String root = "ListAllMyBucketsResult";
    StringBuilder xml = open(protocol, root).append("<Buckets>");
    for (String name : names) {
      xml.append("<Bucket>");
      element(xml, "Name", name);
      element(xml, "CreationDate", "2026-01-01T00:00:00.000Z");
      if (protocol == Protocol.OSS) {
        element(xml, "Location", "oss-local");
      }
      xml.append("</Bucket>");
    }
    return xml.append("</Buckets></").append(root).append('>').toString();
  }

  /// A list request as it came, for the elements that repeat it.
  record Listing(String bucket, Query query, ListQuery asked, ListPage page) {
    boolean secondVersion() {
      return "2".equals(query.get("list-type"));
    }

    String encoded(String key) {
      return query.getOrDefault("encoding-type", "").equals("url")
          ? PercentEncoding.encode(key).replace("%2F", "/")
          : key;
    }
  }

  static String list(Protocol protocol, Listing listing) {
    ListPage page = listing.page();
    StringBuilder xml = open(protocol, "ListBucketResult");
    element(xml, "Name", listing.bucket());
    element(xml, "Prefix", listing.encoded(listing.asked().prefix()));
    element(xml, "MaxKeys", String.valueOf(listing.asked().limit()));
    element(xml, "Delimiter", listing.encoded(listing.asked().delimiter()));
    if (listing.query().has("encoding-type")) {
      element(xml, "EncodingType", listing.query().getOrDefault("encoding-type", ""));
    }
    element(xml, "IsTruncated", String.valueOf(page.truncated()));
    continuation(xml, listing);
    for (ListPage.Entry entry : page.contents()) {
      xml.append("<Contents>");
      element(xml, "Key", listing.encoded(entry.key()));
      element(xml, "LastModified", HttpDate.iso(entry.object().lastModified()));
      element(xml, "ETag", etag(protocol, entry.object().etag()));
      if (protocol == Protocol.OSS) {
        element(xml, "Type", "Normal");
      }
      element(xml, "Size", String.valueOf(entry.object().size()));
      element(xml, "StorageClass", protocol == Protocol.OSS ? "Standard" : "STANDARD");
      xml.append("</Contents>");
    }
    for (String prefix : page.commonPrefixes()) {
      xml.append("<CommonPrefixes>");
      element(xml, "Prefix", listing.encoded(prefix));
      xml.append("</CommonPrefixes>");
    }
    return xml.append("</ListBucketResult>").toString();
  }

  private static void continuation(StringBuilder xml, Listing listing) {
    ListPage page = listing.page();
    if (!listing.secondVersion()) {
      element(xml, "Marker", listing.encoded(listing.asked().after()));
      if (page.truncated()) {
        element(xml, "NextMarker", listing.encoded(page.last()));
      }
      return;
    }
    element(xml, "KeyCount", String.valueOf(page.contents().size() + page.commonPrefixes().size()));
    if (listing.query().has("start-after")) {
      element(xml, "StartAfter", listing.encoded(listing.query().getOrDefault("start-after", "")));
    }
    if (listing.query().has("continuation-token")) {
      element(xml, "ContinuationToken", listing.query().getOrDefault("continuation-token", ""));
    }
    if (page.truncated()) {
      element(xml, "NextContinuationToken", token(page.last()));
    }
  }

  /// Opaque to clients, so that none takes it for a key.
  static String token(String last) {
    return Base64.getUrlEncoder().encodeToString(last.getBytes(StandardCharsets.UTF_8));
  }

  /// @throws IllegalArgumentException if it is none of ours
  static String fromToken(String token) {
    return new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
  }

  /// The ETag with its quotes, in the case that the protocol uses.
  static String etag(Protocol protocol, String hex) {
    return "\"" + (protocol == Protocol.OSS ? hex.toUpperCase(Locale.ROOT) : hex) + "\"";
  }

  private static StringBuilder open(Protocol protocol, String root) {
    return new StringBuilder(DECLARATION)
        .append('<')
        .append(root)
        .append(protocol == Protocol.S3 ? S3_NAMESPACE : "")
        .append('>');
  }

  private static void element(StringBuilder xml, String name, String text) {
    xml.append('<').append(name).append('>');
    text.codePoints().forEach(c -> escape(xml, c));
    xml.append("</").append(name).append('>');
  }

  private static void escape(StringBuilder xml, int c) {
    switch (c) {
      case '&' -> xml.append("&amp;");
      case '<' -> xml.append("&lt;");
      case '>' -> xml.append("&gt;");
      case '"' -> xml.append("&quot;");
      default -> {
        // XML 1.0 cannot bear other control characters, even escaped; the real stores send them so
        // too, which is why clients ask for encoding-type=url.
        if (c < 0x20) {
          xml.append("&#").append(c).append(';');
        } else {
          xml.appendCodePoint(c);
        }
      }
    }
  }
}
