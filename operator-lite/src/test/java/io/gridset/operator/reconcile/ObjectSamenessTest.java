package io.gridset.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ObjectSamenessTest {
  @Test
  void whatServersAddDoesNotCountAndWhatTheyChangeDoes() {
    var wanted = Json.of("a", 1, "list", Json.list(Json.of("name", "x")), "empty", Json.of());
    var present =
        Json.of(
            "a",
            1,
            "b",
            2,
            "list",
            Json.list(Json.of("name", "x", "added", true)),
            "empty",
            Json.of());
    assertThat(ObjectSameness.holds(present, wanted)).isTrue();
    assertThat(ObjectSameness.holds(wanted, present)).isFalse();
    present.withArray("/list").add("more");
    assertThat(ObjectSameness.holds(present, wanted)).isFalse();
  }

  @Test
  void quantitiesAreComparedByWhatTheyAre() {
    assertThat(ObjectSameness.holds(Json.of("m", "1Gi"), Json.of("m", "1024Mi"))).isTrue();
    assertThat(ObjectSameness.holds(Json.of("m", "1Gi"), Json.of("m", "1Mi"))).isFalse();
    assertThat(ObjectSameness.holds(Json.of("m", "1Gi"), Json.of("m", "no amount"))).isFalse();
  }
}
