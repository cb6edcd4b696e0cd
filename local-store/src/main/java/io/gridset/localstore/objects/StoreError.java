package io.gridset.localstore.objects;

/// The errors that both protocols know, with their HTTP status. The names are the codes of OSS;
/// where S3 calls one differently, `s3Code` says how.
public enum StoreError {
  NO_SUCH_KEY("NoSuchKey", 404, "The specified key does not exist."),
  NO_SUCH_BUCKET("NoSuchBucket", 404, "The specified bucket does not exist."),
  SIGNATURE_DOES_NOT_MATCH("SignatureDoesNotMatch", 403, "The signature does not match."),
  INVALID_ACCESS_KEY_ID("InvalidAccessKeyId", 403, "The access key ID does not exist."),
  ACCESS_DENIED("AccessDenied", 403, "Access denied."),
  REQUEST_TIME_TOO_SKEWED("RequestTimeTooSkewed", 403, "The clocks differ too much."),
  INVALID_SECURITY_TOKEN("InvalidSecurityToken", 403, "The security token is invalid."),
  PRECONDITION_FAILED("PreconditionFailed", 412, "A precondition does not hold."),
  FILE_ALREADY_EXISTS("FileAlreadyExists", 409, "The object exists already."),
  INVALID_RANGE("InvalidRange", 416, "The requested range cannot be satisfied."),
  INVALID_ARGUMENT("InvalidArgument", 400, "An argument is invalid."),
  INVALID_OBJECT_NAME("InvalidObjectName", 400, "The key cannot be stored as a file here."),
  INVALID_BUCKET_NAME("InvalidBucketName", 400, "The bucket name is invalid."),
  BAD_DIGEST("BadDigest", 400, "The content does not match the digest given."),
  METHOD_NOT_ALLOWED("MethodNotAllowed", 405, "The method is not allowed here."),
  NOT_IMPLEMENTED("NotImplemented", 501, "This store does not offer that."),
  TOO_MANY_REQUESTS("TooManyRequests", 429, "Too many requests."),
  SERVICE_UNAVAILABLE("ServiceUnavailable", 503, "Please reduce your request rate."),
  INTERNAL_ERROR("InternalError", 500, "The store failed.");

  private final String code;
  private final int status;
  private final String message;

  StoreError(String code, int status, String message) {
    this.code = code;
    this.status = status;
    this.message = message;
  }

  public String code() {
    return code;
  }

  public String s3Code() {
    return switch (this) {
      case INVALID_SECURITY_TOKEN -> "InvalidToken";
      case SERVICE_UNAVAILABLE -> "SlowDown";
      case FILE_ALREADY_EXISTS -> "PreconditionFailed";
      case BAD_DIGEST,
          NO_SUCH_KEY,
          NO_SUCH_BUCKET,
          SIGNATURE_DOES_NOT_MATCH,
          INVALID_ACCESS_KEY_ID,
          ACCESS_DENIED,
          REQUEST_TIME_TOO_SKEWED,
          PRECONDITION_FAILED,
          INVALID_RANGE,
          INVALID_ARGUMENT,
          INVALID_OBJECT_NAME,
          INVALID_BUCKET_NAME,
          METHOD_NOT_ALLOWED,
          NOT_IMPLEMENTED,
          TOO_MANY_REQUESTS,
          INTERNAL_ERROR ->
          code;
    };
  }

  public int status() {
    return status;
  }

  public String message() {
    return message;
  }
}
