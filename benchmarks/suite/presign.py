"""Signed URLs for curl, which should spend its time on bytes: AWS signature version 4 in the query.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

import hashlib
import hmac
import time
import urllib.parse

from .access import ACCESS_KEY, REGION, SECRET_KEY

_LIFETIME_SECONDS = 6 * 3600


def signed_url(endpoint: str, bucket: str, key: str) -> str:
    """A URL that GETs `bucket/key` (path style), any range of it, for some hours."""
    host = urllib.parse.urlsplit(endpoint).netloc
    now = time.gmtime()
    stamp, day = time.strftime("%Y%m%dT%H%M%SZ", now), time.strftime("%Y%m%d", now)
    scope = f"{day}/{REGION}/s3/aws4_request"
    path = "/" + urllib.parse.quote(f"{bucket}/{key}")
    query = urllib.parse.urlencode(
        {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{ACCESS_KEY}/{scope}",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": str(_LIFETIME_SECONDS),
            "X-Amz-SignedHeaders": "host",
        },
        quote_via=urllib.parse.quote,
    )
    request = "\n".join(["GET", path, query, f"host:{host}", "", "host", "UNSIGNED-PAYLOAD"])
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
    key_bytes = f"AWS4{SECRET_KEY}".encode()
    for part in (day, REGION, "s3", "aws4_request"):
        key_bytes = hmac.new(key_bytes, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key_bytes, to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{endpoint}{path}?{query}&X-Amz-Signature={signature}"
