package io.gridset.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.client.trust.Credential;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.DatasetGrants.WithoutGrants;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Scenario 3: `production/spark` refers to `development/spark`.
class GrantsTest {
  private TestingCluster cluster = new TestingCluster();

  @BeforeEach
  void scenarioThree() {
    cluster = TestingCluster.ofScenario("3-cross-namespace.yaml");
    bindOriginal();
  }

  private void bindOriginal() {
    original()
        .set(
            "status",
            Json.of(
                "phase",
                "Bound",
                "ufsTotal",
                "3.41GiB",
                "runtimes",
                Json.list(Json.of("name", "spark", "type", "alluxio"))));
  }

  private ObjectNode original() {
    return cluster.manifests.getFirst();
  }

  private void grant(String... namespaces) {
    original()
        .withObject("/spec")
        .set("grants", Json.list(Json.of("namespaces", List.of(namespaces))));
  }

  private static Set<String> kinds(List<ObjectNode> objects) {
    return objects.stream().map(each -> each.path("kind").asText()).collect(Collectors.toSet());
  }

  private static JsonNode ready(Outcome outcome) {
    return Conditions.find(outcome.statuses().getFirst().at("/status/conditions"), "Ready");
  }

  @Test
  void whoIsNotGrantedGetsNoVolumeNoTokenNoFiguresAndAWordWhy() {
    grant("staging");
    Outcome outcome = cluster.decide("production", "spark");
    assertThat(outcome.apply()).isEmpty();
    JsonNode status = outcome.statuses().getFirst().path("status");
    assertThat(status.path("phase").asText()).isEqualTo("NotBound");
    assertThat(status.toString()).doesNotContain("3.41GiB", "staging");
    assertThat(ready(outcome).path("reason").asText()).isEqualTo("ReferenceNotGranted");
    assertThat(outcome.events())
        .singleElement()
        .satisfies(
            event -> {
              assertThat(event.weight()).isEqualTo(Outcome.Weight.WARNING);
              assertThat(event.message())
                  .contains("not granted to namespace production", "spec.grants")
                  .doesNotContain("staging");
            });
  }

  @Test
  void aGrantThatIsTakenBackTakesTheVolumeAway() {
    grant("production");
    cluster.reconcile("production", "spark");
    assertThat(kinds(cluster.owned)).contains("PersistentVolume", "PersistentVolumeClaim");
    grant("staging");
    bindOriginal();
    Outcome outcome = cluster.reconcile("production", "spark");
    assertThat(kinds(outcome.delete()))
        .containsExactlyInAnyOrder("PersistentVolume", "PersistentVolumeClaim");
    grant("production");
    bindOriginal(); // The two have one name, by which this cluster finds what gets a status.
    assertThat(kinds(cluster.reconcile("production", "spark").apply()))
        .containsExactlyInAnyOrder("Secret", "PersistentVolume", "PersistentVolumeClaim");
  }

  @Test
  void membersHearOfGrantedReferencesOnly() {
    cluster.reconcile("development", "spark");
    cluster.pod("spark-worker-0", "alluxio-worker", "node-0", "10.0.0.1");
    cluster.owned.getLast().withObject("/metadata").put("namespace", "development");
    grant("staging");
    assertThat(ordered()).containsExactly("development");
    grant("production");
    assertThat(ordered()).containsExactlyInAnyOrder("development", "production");
    original().withObject("/spec").remove("grants");
    assertThat(ordered()).containsExactlyInAnyOrder("development", "production");
    close();
    assertThat(ordered()).containsExactly("development");
  }

  @Test
  void whoIsNotGrantedCannotKeepTheOwnerFromDeleting() {
    original().withObject("/metadata").put("deletionTimestamp", "now");
    assertThat(cluster.decide("development", "spark").events())
        .anyMatch(event -> event.reason().equals("DatasetReferred"));
    grant("staging");
    assertThat(cluster.decide("development", "spark").events())
        .noneMatch(event -> event.reason().equals("DatasetReferred"));
  }

  private Set<String> ordered() {
    return cluster.decide("development", "spark").order().orElseThrow().documents().stream()
        .filter(document -> document.path("kind").asText().equals("Dataset"))
        .map(document -> Json.text(document, "/metadata/namespace"))
        .collect(Collectors.toSet());
  }

  private void close() {
    cluster.settings =
        new Settings(
            cluster.settings.image(), cluster.settings.secrets(), WithoutGrants.NOBODY_ELSE);
  }

  @Test
  void aClosedInstallationTellsNotEvenWhetherTheOtherExists() {
    close();
    String there = ready(cluster.decide("production", "spark")).path("message").asText();
    cluster.manifests.removeIf(
        each -> Json.text(each, "/metadata/namespace").equals("development"));
    assertThat(ready(cluster.decide("production", "spark")).path("message").asText())
        .isEqualTo(there)
        .contains("not granted to namespace production");
  }

  @Test
  void theTokenOfAReferenceNamesItAloneAndIsRenewedLongBeforeItsEnd() throws Exception {
    ObjectNode secret = secret("production");
    assertThat(Json.text(secret, "/metadata/name")).isEqualTo("gridset-reader-tokens");
    assertThat(Json.text(secret, "/metadata/namespace")).isEqualTo("production");
    String first = token(secret);
    assertThat(claims(first))
        .contains("\"production/spark\"")
        .doesNotContain("development", "\"*\"");
    cluster.now = cluster.now.plus(Duration.ofHours(6));
    assertThat(token(secret("production"))).isNotEqualTo(first);
    RuntimeTokens tokens = cluster.settings.secrets();
    for (int minutes = 0; minutes < 360; minutes += 7) {
      Instant now = cluster.now.plus(Duration.ofMinutes(minutes));
      String token = tokens.reader("uid", new DatasetName("a", "b"), now);
      long expires = Long.parseLong(claims(token).replaceAll(".*\"expires\":([0-9]+).*", "$1"));
      assertThat(Duration.between(now, Instant.ofEpochSecond(expires)))
          .isBetween(Duration.ofHours(18), Duration.ofHours(24));
    }
  }

  private ObjectNode secret(String namespace) {
    return cluster.decide(namespace, "spark").apply().stream()
        .filter(each -> each.path("kind").asText().equals("Secret"))
        .filter(each -> Json.text(each, "/metadata/name").equals(RuntimeTokens.READERS))
        .findFirst()
        .orElseThrow();
  }

  private static String token(ObjectNode secret) {
    return new String(
        Base64.getDecoder().decode(Json.text(secret, "/data/spark")), StandardCharsets.US_ASCII);
  }

  private static String claims(String token) throws Exception {
    return new String(
        Base64.getUrlDecoder().decode(Credential.ofReaderToken(token).claims()),
        StandardCharsets.UTF_8);
  }
}
