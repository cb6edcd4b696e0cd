package io.gridset.server.store.oss;

import com.aliyun.sdk.service.oss2.transport.BinaryData;
import com.aliyun.sdk.service.oss2.transport.HttpClient;
import com.aliyun.sdk.service.oss2.transport.RequestContext;
import com.aliyun.sdk.service.oss2.transport.RequestException;
import com.aliyun.sdk.service.oss2.transport.RequestMessage;
import com.aliyun.sdk.service.oss2.transport.ResponseMessage;
import io.gridset.core.store.StorageException;
import io.gridset.server.store.range.HttpTransport;
import io.gridset.server.store.range.HttpTransport.SmallResponse;
import io.gridset.server.store.range.RequestHead;
import java.util.Map;
import java.util.TreeMap;

/// Carries the SDK's small requests (no bodies) over our transport. Thread-safe.
record OssTransport(HttpTransport transport) implements HttpClient {
  /// A page of 1,000 keys of 1,023 bytes, each percent-encoded, and its XML, stay below this.
  private static final int MAX_ANSWER_BYTES = 16 << 20;

  @Override
  public ResponseMessage send(RequestMessage request, RequestContext context) {
    try {
      SmallResponse response =
          transport.fetch(
              RequestHead.of(request.method(), request.uri(), request.headers()), MAX_ANSWER_BYTES);
      Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      headers.putAll(response.head().fields());
      return ResponseMessage.newBuilder()
          .request(request)
          .statusCode(response.head().status())
          .headers(headers)
          .body(BinaryData.fromBytes(response.body()))
          .build();
    } catch (StorageException e) {
      throw new RequestException(String.valueOf(e.getMessage()), e);
    }
  }
}
