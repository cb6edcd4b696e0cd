package io.gridset.core.manifest;

import io.gridset.core.dataset.DatasetDefinition;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.MountDefinition;
import io.gridset.core.dataset.SecretValue;
import io.gridset.core.dataset.TierDefinition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Turns what users wrote into what a node runs: mount paths by Fluid's rule, shared options under
/// each mount's own, secrets looked up. Pure but for the secret source it is given.
public final class DatasetResolver {
  private final SecretSource secrets;

  public DatasetResolver(SecretSource secrets) {
    this.secrets = secrets;
  }

  /// Resolves a dataset with tiers of its runtime.
  ///
  /// @param tiers empty for a dataset that refers to another
  public Resolution resolve(
      String uid, DatasetName name, DatasetSpec spec, List<TierDefinition> tiers) {
    if (spec.mounts().isEmpty()) {
      return new Resolution.ObjectsOnly();
    }
    if (spec.reference().isPresent()) {
      return resolveReference(uid, name, spec);
    }
    List<MountDefinition> mounts = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (int i = 0; i < spec.mounts().size(); i++) {
      MountSpec mount = spec.mounts().get(i);
      Map<String, String> options = new HashMap<>(spec.sharedOptions());
      Map<String, SecretValue> credentials = new HashMap<>();
      String at = "spec.mounts[" + i + "].encryptOptions";
      look(name, spec.sharedEncryptOptions(), "spec.sharedEncryptOptions", credentials, missing);
      // The mount's own options win over shared ones of the same name, plain or secret.
      mount.options().keySet().forEach(credentials::remove);
      options.putAll(mount.options());
      mount.encryptOptions().forEach(option -> options.remove(option.name()));
      look(name, mount.encryptOptions(), at, credentials, missing);
      options.entrySet().removeIf(option -> moveIfSensitive(option, credentials));
      mounts.add(
          new MountDefinition(
              mount.name().isEmpty() ? mount.treePath() : mount.name(),
              mount.mountPoint(),
              mount.treePath(),
              options,
              credentials));
    }
    if (!missing.isEmpty()) {
      if (!secrets.remedy().isEmpty()) {
        missing.add(secrets.remedy());
      }
      return new Resolution.Waiting(
          "SecretNotFound", String.join("; ", missing.stream().distinct().toList()));
    }
    return new Resolution.Resolved(
        new DatasetDefinition(uid, name, mounts, tiers, spec.metadataPolicy(), spec.copies()));
  }

  /// Other fields of a referring dataset are ignored, as in Fluid.
  private static Resolution resolveReference(String uid, DatasetName name, DatasetSpec spec) {
    if (spec.mounts().size() > 1) {
      return new Resolution.Refused(
          "ErrorCreateDataset",
          "spec.mounts: a dataset:// mount must be the only one, for the other dataset's cache is"
              + " shared as a whole; put the other mounts into a dataset of their own");
    }
    MountSpec mount = spec.mounts().getFirst();
    return new Resolution.Resolved(
        new DatasetDefinition(
            uid,
            name,
            List.of(
                new MountDefinition(
                    mount.name().isEmpty() ? "/" : mount.name(),
                    mount.mountPoint(),
                    "/",
                    Map.of(),
                    Map.of())),
            List.of(),
            spec.metadataPolicy(),
            spec.copies()));
  }

  private void look(
      DatasetName dataset,
      List<EncryptOption> options,
      String at,
      Map<String, SecretValue> found,
      List<String> missing) {
    for (int i = 0; i < options.size(); i++) {
      EncryptOption option = options.get(i);
      String secret = "Secret " + dataset.namespace() + "/" + option.secret();
      String where = at + "[" + i + "] (" + option.name() + "): ";
      switch (secrets.find(dataset.namespace(), option.secret(), option.key())) {
        case SecretSource.Lookup.Found(SecretValue value) -> found.put(option.name(), value);
        case SecretSource.Lookup.NoSuchSecret() ->
            missing.add(where + secret + " does not exist (key " + option.key() + ")");
        case SecretSource.Lookup.NoSuchKey() ->
            missing.add(where + secret + " has no key " + option.key());
      }
    }
  }

  /// Credentials written as plain options are treated as the secrets they are, so that no log of a
  /// definition holds one.
  private static boolean moveIfSensitive(
      Map.Entry<String, String> option, Map<String, SecretValue> credentials) {
    if (!SecretData.isSensitive(option.getKey())) {
      return false;
    }
    credentials.putIfAbsent(option.getKey(), new SecretValue(option.getValue()));
    return true;
  }
}
