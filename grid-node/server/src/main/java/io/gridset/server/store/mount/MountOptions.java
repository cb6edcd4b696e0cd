package io.gridset.server.store.mount;

import io.gridset.core.dataset.MountDefinition;
import io.gridset.core.dataset.SecretValue;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// Reads a mount's options and credentials, and remembers which names were understood. Used by one
/// thread, while a store is opened.
public final class MountOptions {
  private final MountDefinition mount;
  private final Set<String> understood = new TreeSet<>();

  public MountOptions(MountDefinition mount) {
    this.mount = mount;
  }

  public MountDefinition mount() {
    return mount;
  }

  /// The value under the first of `names` that is set and not blank; encryptOptions go before
  /// options.
  public Optional<String> find(String... names) {
    Optional<String> found = Optional.empty();
    for (String name : names) {
      understood.add(name);
      SecretValue secret = mount.credentials().get(name);
      String value = secret != null ? secret.reveal() : mount.options().get(name);
      if (found.isEmpty() && value != null && !value.isBlank()) {
        found = Optional.of(value.strip());
      }
    }
    return found;
  }

  /// @throws StorageException INVALID when it is set to anything but true or false
  public boolean flag(String name) throws StorageException {
    String value = find(name).orElse("false");
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default -> throw invalid("options " + name + " is '" + value + "'; write true or false");
    };
  }

  /// Values of all options whose name begins with `prefix`, by the rest of the name.
  public Map<String, String> withPrefix(String prefix) {
    Map<String, String> found = new LinkedHashMap<>();
    for (Map.Entry<String, String> option : mount.options().entrySet()) {
      if (option.getKey().startsWith(prefix)) {
        understood.add(option.getKey());
        found.put(option.getKey().substring(prefix.length()), option.getValue());
      }
    }
    for (Map.Entry<String, SecretValue> secret : mount.credentials().entrySet()) {
      if (secret.getKey().startsWith(prefix)) {
        understood.add(secret.getKey());
        found.put(secret.getKey().substring(prefix.length()), secret.getValue().reveal());
      }
    }
    return found;
  }

  /// Names that no one asked for.
  public Set<String> notUnderstood() {
    Set<String> rest = new TreeSet<>(mount.options().keySet());
    rest.addAll(mount.credentials().keySet());
    rest.removeAll(understood);
    return rest;
  }

  /// An INVALID failure that names the mount.
  public StorageException invalid(String what) {
    return StorageException.of(
        Kind.INVALID, "mount " + mount.name() + " (" + mount.mountPoint() + "): " + what);
  }
}
