package io.gridset.server.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.client.trust.ReaderClaims;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.SharedDirectory;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReachTest {
  private static final DatasetName MODELS = DatasetName.parse("dev/models");
  private static final List<SharedDirectory> SHARED =
      List.of(
          new SharedDirectory(DatasetName.parse("prod/one"), "a/b"),
          new SharedDirectory(DatasetName.parse("prod/two"), "c"),
          new SharedDirectory(DatasetName.parse("stage/all"), ""));

  private static Reach of(String... datasets) {
    ReaderClaims claims = ReaderClaims.toRead(List.of(datasets), Instant.MAX);
    return Reach.of(new PeerCaller(Optional.of(claims)), MODELS, SHARED);
  }

  @Test
  void aTokenOfAReferenceOpensItsDirectoryAndNothingBeside() {
    Reach reach = of("prod/one");
    assertThat(reach.isAll()).isFalse();
    assertThat(List.of("a/b", "a/b/file", "a/b/c/d")).allMatch(reach::covers);
    assertThat(List.of("", "a", "a/bc", "a/c", "c", "a/b2/file")).noneMatch(reach::covers);
    assertThat(List.of("", "a", "a/b")).allMatch(reach::touches);
    assertThat(List.of("c", "a/c", "ab")).noneMatch(reach::touches);
    assertThat(reach.namesIn("")).containsExactly("a");
    assertThat(reach.namesIn("a")).containsExactly("b");
  }

  @Test
  void whoNamesTheDatasetItselfOrAllOfItReachesEverything() {
    assertThat(of("dev/models").isAll()).isTrue();
    assertThat(of("stage/all").isAll()).isTrue();
    assertThat(of("*").isAll()).isTrue();
    assertThat(Reach.of(PeerCaller.member(), MODELS, List.of()).isAll()).isTrue();
  }

  @Test
  void severalReferencesAddUpAndAStrangerReachesNothing() {
    assertThat(of("prod/one", "prod/two").namesIn("")).containsExactlyInAnyOrder("a", "c");
    assertThat(of("prod/other", "other/models").isNothing()).isTrue();
  }
}
