package io.gridset.core.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.dataset.Copies;
import io.gridset.core.dataset.DatasetDefinition;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.MetadataPolicy;
import io.gridset.core.dataset.MountDefinition;
import io.gridset.core.dataset.SecretValue;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DatasetResolverTest {
  private static final Map<String, String> SECRETS =
      Map.of("keys/id", "id-1", "keys/secret", "hush", "other/id", "id-2");

  private final DatasetResolver resolver = new DatasetResolver(DatasetResolverTest::find);

  private static SecretSource.Lookup find(String namespace, String secret, String key) {
    String value = SECRETS.get(secret + "/" + key);
    if (value != null) {
      return new SecretSource.Lookup.Found(new SecretValue(value));
    }
    return SECRETS.keySet().stream().anyMatch(name -> name.startsWith(secret + "/"))
        ? new SecretSource.Lookup.NoSuchKey()
        : new SecretSource.Lookup.NoSuchSecret();
  }

  private Resolution resolve(String metadata, String spec) {
    String text =
        "{apiVersion: data.fluid.io/v1alpha1, kind: Dataset, metadata: {name: d, "
            + metadata
            + "}, spec: "
            + spec
            + "}";
    ParsedManifests parsed = ManifestParser.parse(text, "ns");
    assertThat(parsed.problems()).isEmpty();
    ParsedDocument.Resource dataset = (ParsedDocument.Resource) parsed.documents().getFirst();
    return resolver.resolve(
        "uid", new DatasetName("ns", "d"), DatasetSpec.of(dataset.document()), List.of());
  }

  private DatasetDefinition resolved(String metadata, String spec) {
    return ((Resolution.Resolved) resolve(metadata, spec)).definition();
  }

  @Test
  void mountsAppearWhereFluidPutsThem() {
    DatasetDefinition definition =
        resolved(
            "labels: {}",
            "{mounts: [{mountPoint: 's3://a', name: a}, {mountPoint: 's3://b', name: b, path: /x//y/},"
                + " {mountPoint: 's3://c', name: c, path: rel/dir}, {mountPoint: 's3://d', name: e,"
                + " path: /}]}");
    assertThat(definition.mounts())
        .extracting(MountDefinition::path)
        .containsExactly("/a", "/x/y", "/c", "/");
    assertThat(resolved("labels: {}", "{mounts: [{mountPoint: 's3://bucket'}]}").mounts())
        .extracting(MountDefinition::path)
        .containsExactly("/");
  }

  @Test
  void aMountsOwnOptionsWinOverSharedOnesPlainOrSecret() {
    MountDefinition mount =
        resolved(
                "labels: {}",
                "{sharedOptions: {endpoint: shared, region: r, user: plain-shared},"
                    + " sharedEncryptOptions: [{name: id, valueFrom: {secretKeyRef: {name: keys, key:"
                    + " id}}}, {name: mode, valueFrom: {secretKeyRef: {name: keys, key: id}}}],"
                    + " mounts: [{mountPoint: 's3://b', options: {endpoint: own, mode: plain},"
                    + " encryptOptions: [{name: id, valueFrom: {secretKeyRef: {name: other, key:"
                    + " id}}}, {name: user, valueFrom: {secretKeyRef: {name: keys, key: secret}}}]}]}")
            .mounts()
            .getFirst();
    assertThat(mount.options())
        .isEqualTo(Map.of("endpoint", "own", "region", "r", "mode", "plain"));
    assertThat(mount.credentials())
        .isEqualTo(Map.of("id", new SecretValue("id-2"), "user", new SecretValue("hush")));
  }

  @Test
  void credentialsWrittenAsPlainOptionsAreTreatedAsSecrets() {
    DatasetDefinition definition =
        resolved(
            "labels: {}",
            "{mounts: [{mountPoint: 'oss://b', options: {fs.oss.accessKeySecret: hush,"
                + " fs.oss.endpoint: e}}]}");
    assertThat(definition.mounts().getFirst().options()).containsOnlyKeys("fs.oss.endpoint");
    assertThat(definition.toString()).doesNotContain("hush");
  }

  @Test
  void allMissingSecretsAndKeysAreNamed() {
    Resolution resolution =
        resolve(
            "labels: {}",
            "{mounts: [{mountPoint: 'oss://b', encryptOptions: [{name: a, valueFrom: {secretKeyRef:"
                + " {name: nowhere, key: k1}}}, {name: b, valueFrom: {secretKeyRef: {name: keys, key:"
                + " k2}}}]}]}");
    assertThat(resolution)
        .isEqualTo(
            new Resolution.Waiting(
                "SecretNotFound",
                "spec.mounts[0].encryptOptions[0] (a): Secret ns/nowhere does not exist (key k1);"
                    + " spec.mounts[0].encryptOptions[1] (b): Secret ns/keys has no key k2"));
  }

  @Test
  void anAnnotationSaysHowLongListingsAreBelieved() {
    String mounts = "{mounts: [{mountPoint: 's3://b', options: {gridset.io/metadata-ttl: 5m}}]}";
    assertThat(resolved("labels: {}", mounts).metadata().timeToLive()).hasMinutes(5);
    assertThat(resolved("labels: {}", mounts).mounts().getFirst().options()).isEmpty();
    assertThat(resolved("annotations: {gridset.io/metadata-ttl: immutable}", mounts).metadata())
        .isEqualTo(MetadataPolicy.IMMUTABLE);
    assertThat(resolved("labels: {}", "{mounts: [{mountPoint: 's3://b'}]}").metadata())
        .isEqualTo(MetadataPolicy.DEFAULT);
  }

  @Test
  void anAnnotationSaysThatNoCopiesAreKept() {
    String mounts = "{mounts: [{mountPoint: 's3://b'}]}";
    assertThat(resolved("annotations: {gridset.io/copies: none}", mounts).copies())
        .isEqualTo(Copies.NONE);
    assertThat(resolved("labels: {}", mounts).copies()).isEqualTo(Copies.WHILE_THERE_IS_ROOM);
  }

  @Test
  void aReferenceBesideAnotherMountIsRefused() {
    Resolution resolution =
        resolve(
            "labels: {}",
            "{mounts: [{mountPoint: 'dataset://a/b', name: x}, {mountPoint: 's3://b', name: y}]}");
    assertThat(resolution).isInstanceOf(Resolution.Refused.class);
  }
}
