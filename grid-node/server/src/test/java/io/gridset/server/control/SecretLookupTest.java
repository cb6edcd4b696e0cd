package io.gridset.server.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.dataset.SecretValue;
import io.gridset.core.manifest.SecretSource.Lookup;
import io.gridset.server.state.RecordChange;
import io.gridset.server.state.RecordExchange;
import io.gridset.server.state.RecordExchange.Secrecy;
import io.gridset.server.state.RecordStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretLookupTest {
  private static final String MANIFEST =
      """
      {"generation": 1, "created": "2026-01-01T00:00:00Z", "document": {
        "apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": "default", "name": "keys"},
        "data": {"both": "bWFuaWZlc3Q="}}}
      """;

  @TempDir private Path directory;

  private SecretLookup lookup(RecordStore records, Secrecy secrecy) {
    ControlSettings settings =
        new ControlSettings(
            directory,
            Optional.of(directory.resolve("secrets")),
            Map.of("GRIDSET_SECRET_KEYS_BOTH", "environment", "GRIDSET_SECRET_KEYS_LAST", "last"),
            ControlSettings.DEFAULT_TICK);
    return new SecretLookup(new ResourceCatalog(records), settings, secrecy);
  }

  @Test
  void anAppliedSecretComesBeforeFilesAndThoseBeforeTheEnvironmentKeyByKey() throws IOException {
    try (RecordStore records =
        RecordStore.open(directory.resolve("records"), RecordExchange.alone(), key -> true)) {
      SecretLookup lookup = lookup(records, Secrecy.SEALED);
      assertThat(lookup.find("default", "keys", "both")).isEqualTo(found("environment"));
      Path files = Files.createDirectories(directory.resolve("secrets/keys"));
      Files.writeString(files.resolve("both"), "file");
      assertThat(lookup.find("default", "keys", "both")).isEqualTo(found("file"));
      records.write(List.of(new RecordChange("secret/Secret/default/keys", "u", MANIFEST)));
      assertThat(lookup.find("default", "keys", "both")).isEqualTo(found("manifest"));
      assertThat(lookup.find("default", "keys", "last")).isEqualTo(found("last"));
      assertThat(lookup.find("default", "keys", "none")).isEqualTo(new Lookup.NoSuchKey());
    }
  }

  @Test
  void onlyWhereSecretsStayOnAMemberOfSeveralIsTheTokenNamedAsTheRemedy() throws IOException {
    try (RecordStore records =
        RecordStore.open(directory.resolve("records"), RecordExchange.alone(), key -> true)) {
      assertThat(lookup(records, Secrecy.KEPT).remedy()).contains("--cluster-token-file");
      assertThat(lookup(records, Secrecy.SEALED).remedy()).isEmpty();
      assertThat(lookup(records, Secrecy.ALONE).remedy()).isEmpty();
    }
  }

  private static Lookup found(String value) {
    return new Lookup.Found(new SecretValue(value));
  }
}
