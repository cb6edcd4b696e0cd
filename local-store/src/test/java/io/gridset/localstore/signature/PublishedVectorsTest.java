package io.gridset.localstore.signature;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.localstore.http.Query;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Signatures that the vendors publish: Alibaba Cloud in the tests of its Java SDK v2
/// (SignerV1Test, SignerV4Test), Amazon in the S3 API reference.
class PublishedVectorsTest {
  private static final Credentials OSS = Credentials.of("ak", "sk");
  private static final Credentials AWS =
      Credentials.of("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  private static final String OSS_QUERY =
      "param1=value1&%2Bparam1=value3&%7Cparam1=value4&%2Bparam2&%7Cparam2&param2";

  private static Verdict verify(Credentials credentials, Instant now, SignedRequest request) {
    return new SignatureVerifier(List.of(credentials), () -> now).verify(request);
  }

  private static Map<String, String> with(Map<String, String> headers, String name, String value) {
    Map<String, String> more = new HashMap<>(headers);
    more.put(name, value);
    return more;
  }

  @Test
  void ossV1InTheHeader() throws Exception {
    Map<String, String> headers =
        Map.of(
            "content-md5", "eB5eJF1ptWaXm4bijSPyxw==",
            "content-type", "text/html",
            "x-oss-meta-author", "alice",
            "x-oss-meta-magic", "abracadabra",
            "x-oss-date", "Wed, 28 Dec 2022 10:27:41 GMT");
    Instant then = Instant.parse("2022-12-28T10:27:41Z");
    SignedRequest plain =
        new SignedRequest(
            "PUT",
            "/nelson",
            "examplebucket",
            "nelson",
            Query.parse(""),
            with(headers, "authorization", "OSS ak:kSHKmLxlyEAKtZPkJhG9bZb5k7M="));
    SignedRequest withSubResource =
        new SignedRequest(
            "PUT",
            "/nelson",
            "examplebucket",
            "nelson",
            Query.parse("acl"),
            with(headers, "authorization", "OSS ak:/afkugFbmWDQ967j1vr6zygBLQk="));

    assertThat(verify(OSS, then, plain)).isEqualTo(new Verdict.Valid("ak"));
    assertThat(verify(OSS, then, withSubResource)).isEqualTo(new Verdict.Valid("ak"));
    assertThat(verify(Credentials.of("ak", "other"), then, plain))
        .isInstanceOfSatisfying(
            Verdict.Refused.class,
            refused -> assertThat(refused.reason()).isEqualTo(Verdict.Reason.WRONG_SIGNATURE));
    assertThat(verify(OSS, then.plusSeconds(1000), plain))
        .isInstanceOfSatisfying(
            Verdict.Refused.class,
            refused -> assertThat(refused.reason()).isEqualTo(Verdict.Reason.CLOCK_SKEW));
  }

  @Test
  void ossV1InTheQuery() throws Exception {
    SignedRequest request =
        new SignedRequest(
            "GET",
            "/key",
            "bucket",
            "key",
            Query.parse(
                "versionId=versionId&OSSAccessKeyId=ak&Expires=1699807420"
                    + "&Signature=dcLTea%2BYh9ApirQ8o8dOPqtvJXQ%3D"),
            Map.of());

    assertThat(verify(OSS, Instant.ofEpochSecond(1699807420), request))
        .isEqualTo(new Verdict.Valid("ak"));
    assertThat(verify(OSS, Instant.ofEpochSecond(1699807421), request))
        .isInstanceOfSatisfying(
            Verdict.Refused.class,
            refused -> assertThat(refused.reason()).isEqualTo(Verdict.Reason.EXPIRED));
  }

  @Test
  void ossV4InTheHeader() throws Exception {
    Map<String, String> headers =
        Map.of(
            "x-oss-head1", "value",
            "abc", "value",
            "zabc", "value",
            "xyz", "value",
            "content-type", "text/plain",
            "x-oss-content-sha256", "UNSIGNED-PAYLOAD");
    Map<String, String> first =
        with(
            with(headers, "x-oss-date", "20231216T162057Z"),
            "authorization",
            "OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/aliyun_v4_request,Signature="
                + "e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe");
    Map<String, String> additional =
        with(
            with(headers, "x-oss-date", "20231216T172512Z"),
            "authorization",
            "OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/aliyun_v4_request,"
                + "AdditionalHeaders=abc;zabc,Signature="
                + "4a4183c187c07c8947db7620deb0a6b38d9fbdd34187b6dbaccb316fa251212f");

    assertThat(verify(OSS, Instant.ofEpochSecond(1702743657), ossV4("PUT", OSS_QUERY, first)))
        .isEqualTo(new Verdict.Valid("ak"));
    assertThat(verify(OSS, Instant.ofEpochSecond(1702747512), ossV4("PUT", OSS_QUERY, additional)))
        .isEqualTo(new Verdict.Valid("ak"));
  }

  @Test
  void ossV4InTheQuery() throws Exception {
    Map<String, String> headers =
        Map.of(
            "x-oss-head1", "value",
            "abc", "value",
            "zabc", "value",
            "xyz", "value",
            "content-type", "application/octet-stream");
    String query =
        OSS_QUERY
            + "&x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-date=20231217T025437Z"
            + "&x-oss-expires=599"
            + "&x-oss-credential=ak%2F20231217%2Fcn-hangzhou%2Foss%2Faliyun_v4_request"
            + "&x-oss-signature="
            + "a39966c61718be0d5b14e668088b3fa07601033f6518ac7b523100014269c0fe";
    Instant signed = Instant.ofEpochSecond(1702781677);

    assertThat(verify(OSS, signed.plusSeconds(599), ossV4("PUT", query, headers)))
        .isEqualTo(new Verdict.Valid("ak"));
    assertThat(verify(OSS, signed.plusSeconds(600), ossV4("PUT", query, headers)))
        .isInstanceOfSatisfying(
            Verdict.Refused.class,
            refused -> assertThat(refused.reason()).isEqualTo(Verdict.Reason.EXPIRED));
  }

  private static SignedRequest ossV4(String method, String query, Map<String, String> headers)
      throws Exception {
    return new SignedRequest(
        method, "/1234+-/123/1.txt", "bucket", "1234+-/123/1.txt", Query.parse(query), headers);
  }

  @Test
  void awsV4InTheHeader() throws Exception {
    SignedRequest request =
        new SignedRequest(
            "GET",
            "/test.txt",
            "examplebucket",
            "test.txt",
            Query.parse(""),
            Map.of(
                "host", "examplebucket.s3.amazonaws.com",
                "range", "bytes=0-9",
                "x-amz-content-sha256",
                    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "x-amz-date", "20130524T000000Z",
                "authorization",
                    "AWS4-HMAC-SHA256 Credential="
                        + "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                        + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature="
                        + "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));

    assertThat(verify(AWS, Instant.parse("2013-05-24T00:00:00Z"), request))
        .isEqualTo(new Verdict.Valid("AKIAIOSFODNN7EXAMPLE"));
  }

  @Test
  void awsV4InTheQuery() throws Exception {
    SignedRequest request =
        new SignedRequest(
            "GET",
            "/test.txt",
            "examplebucket",
            "test.txt",
            Query.parse(
                "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
                    + "AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
                    + "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                    + "&X-Amz-Signature="
                    + "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"),
            Map.of("host", "examplebucket.s3.amazonaws.com"));

    assertThat(verify(AWS, Instant.parse("2013-05-24T23:59:59Z"), request))
        .isEqualTo(new Verdict.Valid("AKIAIOSFODNN7EXAMPLE"));
    assertThat(verify(AWS, Instant.parse("2013-05-25T00:00:01Z"), request))
        .isInstanceOf(Verdict.Refused.class);
  }
}
