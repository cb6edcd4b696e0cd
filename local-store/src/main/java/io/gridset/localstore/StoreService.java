package io.gridset.localstore;

import io.gridset.localstore.behaviour.Behaviour;
import io.gridset.localstore.behaviour.Fault;
import io.gridset.localstore.behaviour.Statistics;
import io.gridset.localstore.http.HttpRequest;
import io.gridset.localstore.http.MalformedRequestException;
import io.gridset.localstore.http.Response;
import io.gridset.localstore.objects.Buckets;
import io.gridset.localstore.objects.RefusedException;
import io.gridset.localstore.objects.StoreError;
import io.gridset.localstore.signature.SignatureVerifier;
import io.gridset.localstore.signature.SignedRequest;
import io.gridset.localstore.signature.Verdict;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Routes a request: control endpoint, web mirror or object protocol; checks who asks; turns
/// refusals into error documents. Thread-safe.
final class StoreService {
  private static final Logger LOG = LoggerFactory.getLogger(StoreService.class);

  private final LocalStoreSettings settings;
  private final SignatureVerifier verifier;
  private final ObjectRequests objects;
  private final IndexPages index;
  private final ControlEndpoint control;
  private final Behaviour behaviour;
  private final InstantSource clock;
  private final AtomicLong requestIds = new AtomicLong();

  StoreService(
      LocalStoreSettings settings,
      Behaviour behaviour,
      Statistics statistics,
      InstantSource clock) {
    Buckets buckets = new Buckets(settings.root(), settings.md5LimitBytes(), clock);
    this.settings = settings;
    this.clock = clock;
    this.behaviour = behaviour;
    this.verifier = new SignatureVerifier(settings.credentials(), clock);
    this.objects = new ObjectRequests(buckets);
    this.index = new IndexPages(buckets, objects);
    this.control = new ControlEndpoint(behaviour, statistics);
  }

  /// The answer, and what the sender needs to know of it.
  ///
  /// @param object `bucket/key`, or empty when the body is not an object's
  /// @param fault to act out when sending
  record Reply(Response response, String object, Optional<Fault> fault) {
    static Reply plain(Response response) {
      return new Reply(response, "", Optional.empty());
    }
  }

  /// Whether limits, faults and statistics pass this request by.
  boolean isControl(HttpRequest request) {
    return settings.features().contains(Feature.CONTROL)
        && request.rawPath().startsWith(ControlEndpoint.PREFIX);
  }

  Reply answer(HttpRequest request) throws MalformedRequestException, InterruptedException {
    if (isControl(request)) {
      return Reply.plain(control.answer(request));
    }
    Target target = Target.of(request);
    Protocol protocol = protocol(request);
    Optional<Fault> fault = behaviour.judge(request.method(), target.object());
    if (fault.orElse(null) instanceof Fault.StallBeforeHeaders(var time)) {
      behaviour.pacing().sleepUntil(behaviour.pacing().nanos() + time.toNanos());
    }
    ObjectRequests.Call call = new ObjectRequests.Call(request, protocol, target, fault);
    String requestId = String.format("%024X", requestIds.incrementAndGet());
    Response response = respond(call, requestId);
    response
        .with(protocol == Protocol.OSS ? "x-oss-request-id" : "x-amz-request-id", requestId)
        .with("Server", protocol == Protocol.OSS ? "AliyunOSS" : "AmazonS3")
        .with("Date", HttpDate.format(clock.instant()));
    boolean ofObject = response.body() instanceof Response.Slice;
    return new Reply(response, ofObject ? target.object() : "", fault);
  }

  private Response respond(ObjectRequests.Call call, String requestId) {
    try {
      if (call.fault().orElse(null) instanceof Fault.Status status) {
        return error(call, failure(status.code()), requestId, status);
      }
      return authorised(call);
    } catch (RefusedException e) {
      return document(call, e.error(), e.getMessage(), requestId);
    } catch (MalformedRequestException e) {
      return document(call, StoreError.INVALID_ARGUMENT, String.valueOf(e.getMessage()), requestId);
    } catch (IOException e) {
      LOG.warn("{} {} failed", call.request().method(), call.target().object(), e);
      return document(call, StoreError.INTERNAL_ERROR, "The store failed: " + e, requestId);
    }
  }

  private Response authorised(ObjectRequests.Call call) throws IOException, RefusedException {
    HttpRequest request = call.request();
    Verdict verdict =
        verifier.isOpen()
            ? new Verdict.Valid("")
            : verifier.verify(
                new SignedRequest(
                    request.method(),
                    call.target().path(),
                    call.target().bucket(),
                    call.target().key(),
                    request.query(),
                    request.headers()));
    boolean mirror =
        settings.features().contains(Feature.HTTP_INDEX)
            && request.header("authorization") == null
            && request.query().isEmpty()
            && Set.of("GET", "HEAD").contains(request.method());
    return switch (verdict) {
      case Verdict.Refused(Verdict.Reason reason, String message) ->
          throw new RefusedException(refusal(reason), message);
      case Verdict.Valid _ when mirror -> index.answer(call);
      case Verdict.Valid _ -> objects.answer(call);
      case Verdict.Unsigned() when mirror -> index.answer(call);
      case Verdict.Unsigned() ->
          throw new RefusedException(
              StoreError.ACCESS_DENIED, "Anonymous access is forbidden for this operation.");
    };
  }

  private static StoreError refusal(Verdict.Reason reason) {
    return switch (reason) {
      case UNKNOWN_KEY -> StoreError.INVALID_ACCESS_KEY_ID;
      case WRONG_SIGNATURE -> StoreError.SIGNATURE_DOES_NOT_MATCH;
      case EXPIRED -> StoreError.ACCESS_DENIED;
      case CLOCK_SKEW -> StoreError.REQUEST_TIME_TOO_SKEWED;
      case WRONG_TOKEN -> StoreError.INVALID_SECURITY_TOKEN;
      case MALFORMED -> StoreError.INVALID_ARGUMENT;
    };
  }

  private static StoreError failure(int status) {
    return switch (status) {
      case 403 -> StoreError.ACCESS_DENIED;
      case 404 -> StoreError.NO_SUCH_KEY;
      case 412 -> StoreError.PRECONDITION_FAILED;
      case 429 -> StoreError.TOO_MANY_REQUESTS;
      case 503 -> StoreError.SERVICE_UNAVAILABLE;
      default -> StoreError.INTERNAL_ERROR;
    };
  }

  private static Response error(
      ObjectRequests.Call call, StoreError error, String requestId, Fault.Status status) {
    Response response = document(call, error, error.message(), requestId);
    status
        .retryAfter()
        .ifPresent(time -> response.with("Retry-After", String.valueOf(time.toSeconds())));
    return new Response(status.code(), response.headers(), response.body());
  }

  private static Response document(
      ObjectRequests.Call call, StoreError error, String message, String requestId) {
    String xml = Documents.error(call.protocol(), error, message, call.target(), requestId);
    Response response = Response.text(error.status(), "application/xml", xml);
    return call.request().isHead()
        ? new Response(error.status(), response.headers(), new Response.Absent(0))
        : response;
  }

  private Protocol protocol(HttpRequest request) {
    String authorization = request.headerOrDefault("authorization", "");
    if (authorization.startsWith("OSS")
        || request.query().has("OSSAccessKeyId")
        || request.query().has("x-oss-signature")) {
      return Protocol.OSS;
    }
    return authorization.startsWith("AWS4") || request.query().has("X-Amz-Signature")
        ? Protocol.S3
        : settings.defaultProtocol();
  }
}
