package io.gridset.server.store.s3;

import io.gridset.server.store.range.HttpTransport;
import io.gridset.server.store.range.HttpTransport.SmallResponse;
import io.gridset.server.store.range.RequestHead;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.SdkHttpResponse;

/// Carries the SDK's small requests (no bodies) over our transport. Thread-safe.
record S3Transport(HttpTransport transport) implements SdkHttpClient {
  /// A page of 1,000 keys of 1,024 bytes, each percent-encoded, and its XML, stay below this.
  static final int MAX_ANSWER_BYTES = 16 << 20;

  @Override
  public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
    return new ExecutableHttpRequest() {
      @Override
      public HttpExecuteResponse call() throws IOException {
        return send(request.httpRequest());
      }

      @Override
      public void abort() {
        // The transport's own deadline ends the request.
      }
    };
  }

  private HttpExecuteResponse send(SdkHttpRequest request) throws IOException {
    SmallResponse response = transport.fetch(head(request), MAX_ANSWER_BYTES);
    Map<String, List<String>> headers = new LinkedHashMap<>();
    response.head().fields().forEach((name, value) -> headers.put(name, List.of(value)));
    return HttpExecuteResponse.builder()
        .response(
            SdkHttpResponse.builder().statusCode(response.head().status()).headers(headers).build())
        .responseBody(AbortableInputStream.create(new ByteArrayInputStream(response.body())))
        .build();
  }

  static RequestHead head(SdkHttpRequest request) throws IOException {
    Map<String, String> headers = new LinkedHashMap<>();
    request.headers().forEach((name, values) -> headers.put(name, String.join(",", values)));
    return RequestHead.of(request.method().name(), request.getUri(), headers);
  }

  @Override
  public String clientName() {
    return "gridset";
  }

  /// The transport belongs to the store.
  @Override
  public void close() {}
}
