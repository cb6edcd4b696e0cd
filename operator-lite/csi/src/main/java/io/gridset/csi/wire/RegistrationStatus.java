package io.gridset.csi.wire;

import io.gridset.csi.rpc.RpcException;

/// What a kubelet made of a plugin that it found.
///
/// @param error why it did not take it; empty when it did
public record RegistrationStatus(boolean registered, String error) {
  public static RegistrationStatus of(byte[] message) throws RpcException {
    ProtoReader reader = new ProtoReader(message);
    boolean registered = false;
    String error = "";
    while (reader.next()) {
      switch (reader.field()) {
        case 1 -> registered = reader.number() != 0;
        case 2 -> error = reader.text();
        default -> {}
      }
    }
    return new RegistrationStatus(registered, error);
  }
}
