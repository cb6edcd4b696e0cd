package io.gridset.localstore.http;

import java.io.IOException;

/// The client sent something that is not HTTP/1.1 as this server understands it. The connection
/// cannot go on, since the next request's start is unknown.
public final class MalformedRequestException extends IOException {
  public MalformedRequestException(String message) {
    super(message);
  }
}
