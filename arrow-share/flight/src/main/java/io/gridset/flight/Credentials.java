package io.gridset.flight;

import io.gridset.flight.rpc.RpcCall;
import io.gridset.flight.rpc.RpcCode;
import io.gridset.flight.rpc.RpcException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/// What a call says of who calls: the token as a bearer (RFC 6750), or as the password of anybody
/// (RFC 7617), which is what the handshake of Flight's clients sends.
final class Credentials {
  private static final String BEARER = "Bearer ";
  private static final String BASIC = "Basic ";

  private Credentials() {}

  /// @throws RpcException UNAUTHENTICATED
  static String check(RpcCall call, Access access) throws RpcException {
    Optional<String> token = call.header("authorization").flatMap(Credentials::token);
    if (token.isEmpty() || !access.opensTo(token.get())) {
      throw new RpcException(
          RpcCode.UNAUTHENTICATED,
          "calls need the node's token, and this one is missing or wrong: send it as `authorization:"
              + " Bearer TOKEN`, or as the password of a handshake. It is in the file `token` of the"
              + " node's run directory");
    }
    return token.get();
  }

  private static Optional<String> token(String header) {
    if (header.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
      return Optional.of(header.substring(BEARER.length()).strip());
    }
    if (header.regionMatches(true, 0, BASIC, 0, BASIC.length())) {
      try {
        byte[] pair = Base64.getDecoder().decode(header.substring(BASIC.length()).strip());
        String text = new String(pair, StandardCharsets.UTF_8);
        return Optional.of(text.substring(text.indexOf(':') + 1));
      } catch (IllegalArgumentException _) {
        return Optional.empty(); // As wrong as a wrong one.
      }
    }
    return Optional.empty();
  }

  /// What clients are to send with their next calls.
  static String bearer(String token) {
    return BEARER + token;
  }
}
