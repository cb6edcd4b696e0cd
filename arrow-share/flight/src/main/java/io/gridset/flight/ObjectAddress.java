package io.gridset.flight;

import io.gridset.core.dataset.DatasetName;
import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import io.gridset.flight.rpc.RpcException;
import java.util.List;
import java.util.Optional;

/// How objects are named in Flight: `[NAMESPACE:]PATH[#ID]`, the default namespace being left out.
/// With the id, which tickets of this service bear, it is that object or none: another that was put
/// under its name later is not it.
record ObjectAddress(ObjectName name, Optional<String> id) {
  /// Reads a ticket.
  static ObjectAddress ofTicket(String ticket) throws RpcException {
    int hash = ticket.indexOf('#');
    return hash < 0
        ? new ObjectAddress(name(ticket), Optional.empty())
        : new ObjectAddress(
            name(ticket.substring(0, hash)), Optional.of(ticket.substring(hash + 1)));
  }

  /// Reads a descriptor's path, whose parts may themselves have several.
  static ObjectAddress ofPath(List<String> parts) throws RpcException {
    return new ObjectAddress(name(String.join("/", parts)), Optional.empty());
  }

  private static ObjectName name(String text) throws RpcException {
    try {
      return ObjectName.parse(text, DatasetName.DEFAULT_NAMESPACE);
    } catch (IllegalArgumentException e) {
      throw RpcException.invalid(String.valueOf(e.getMessage()));
    }
  }

  /// Reads a criterion.
  static ObjectName.Prefix prefix(String criterion) {
    return ObjectName.Prefix.parse(criterion, DatasetName.DEFAULT_NAMESPACE);
  }

  /// As a descriptor's path has it, in one part.
  static String path(ObjectName name) {
    return name.namespace().equals(DatasetName.DEFAULT_NAMESPACE) ? name.path() : name.toString();
  }

  static String ticket(ObjectInfo object) {
    return path(object.name()) + "#" + object.id();
  }
}
