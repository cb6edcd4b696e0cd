package io.gridset.house;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.gridset.operator.crd.CustomResourceDefinitions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The arrows of ARCHITECTURE.md, checked on the compiled classes.
class ArchitectureTest {
  private static JavaClasses classes;

  @BeforeAll
  static void importClasses() {
    classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("io.gridset");
    assertThat(classes.size()).as("classes found on the class path").isGreaterThan(100);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("io.gridset.(**)").should().beFreeOfCycles().check(classes);
  }

  @Test
  void coreKnowsOnlyTheJdkAndJackson() {
    noClasses()
        .that()
        .resideInAPackage("io.gridset.core..")
        .should()
        .dependOnClassesThat(
            DescribedPredicate.not(
                resideInAnyPackage(
                    "io.gridset.core..", "java..", "com.fasterxml.jackson..", "org.jspecify..")))
        .because("core is the vocabulary that sidecars and other languages' bridges share")
        .check(classes);
  }

  @Test
  void theMountSeesOnlyPortsOfCore() {
    noClasses()
        .that()
        .resideInAPackage("io.gridset.fuse..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.gridset.server..", "io.gridset.api..", "io.gridset.cli..", "io.gridset.client..")
        .because("a mount must run in a sidecar that has no grid member")
        .check(classes);
  }

  @Test
  void theServerDoesNotKnowItsEdges() {
    noClasses()
        .that()
        .resideInAPackage("io.gridset.server..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.gridset.api..", "io.gridset.cli..", "io.gridset.fuse..", "io.gridset.operator..")
        .because("arrows go from ui-api to the server, never back")
        .check(classes);
  }

  @Test
  void theClientIsLight() {
    noClasses()
        .that()
        .resideInAPackage("io.gridset.client..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.gridset.server..", "io.gridset.api..", "com.hazelcast..", "io.javalin..")
        .because("sidecars and the command line start in a blink")
        .check(classes);
  }

  @Test
  void theJavaClientOfObjectsStandsAlone() {
    noClasses()
        .that()
        .resideInAPackage("io.gridset.arrow..")
        .should()
        .dependOnClassesThat(
            DescribedPredicate.not(
                resideInAnyPackage(
                    "io.gridset.arrow..",
                    "java..",
                    "org.apache.arrow..",
                    "com.google.flatbuffers..",
                    "com.fasterxml.jackson..",
                    "org.jspecify..")))
        .because("it runs in other people's programs, also on Java 21")
        .check(classes);
  }

  @Test
  void flightSeesOnlyPortsOfCore() {
    noClasses()
        .that()
        .resideInAPackage("io.gridset.flight..")
        .should()
        .dependOnClassesThat(
            DescribedPredicate.not(
                resideInAnyPackage(
                    "io.gridset.flight..",
                    "io.gridset.core..",
                    "java..",
                    "javax.net.ssl..",
                    "org.apache.arrow.flatbuf..",
                    "com.google.flatbuffers..",
                    "org.eclipse.jetty..",
                    "org.slf4j..",
                    "org.jspecify..")))
        .because("what strangers send is to be looked at in a room without other doors")
        .check(classes);
  }

  @Test
  void theCsiPluginSeesOnlyCoreAndTheClient() {
    noClasses()
        .that()
        .resideInAPackage("io.gridset.csi..")
        .should()
        .dependOnClassesThat(
            DescribedPredicate.not(
                resideInAnyPackage(
                    "io.gridset.csi..",
                    "io.gridset.core..",
                    "io.gridset.client..",
                    "java..",
                    "com.fasterxml.jackson..",
                    "io.fabric8.kubernetes..",
                    "org.eclipse.jetty..",
                    "org.slf4j..",
                    "org.jspecify..")))
        .because("it runs as root on every node; what serves its mounts is processes of others")
        .check(classes);
  }

  @Test
  void theOperatorSeesOnlyCoreAndTheClient() {
    noClasses()
        .that()
        .resideInAPackage("io.gridset.operator..")
        .should()
        .dependOnClassesThat(
            DescribedPredicate.not(
                resideInAnyPackage(
                    "io.gridset.operator..",
                    "io.gridset.core..",
                    "io.gridset.client..",
                    "java..",
                    "javax.crypto..",
                    "com.fasterxml.jackson..",
                    "io.fabric8.kubernetes..",
                    "javax.net.ssl..",
                    "javax.security..",
                    "org.bouncycastle..",
                    "org.eclipse.jetty..",
                    "org.slf4j..",
                    "org.jspecify..")))
        .because("it speaks to nodes through their API, as everybody does")
        .check(classes);
    assertThat(classes.contain(CustomResourceDefinitions.class)).as("found").isTrue();
  }

  @Test
  void theKubernetesClientStaysInOnePackageAndItsTypesInTheOperator() {
    noClasses()
        .that(
            DescribedPredicate.not(
                resideInAnyPackage(
                    "io.gridset.operator.kube..",
                    "io.gridset.operator.webhook.kube..",
                    "io.gridset.csi.kube..")))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.fabric8.kubernetes.client..")
        .because(
            "reconcilers, admission and volumes do without; one package of each has the client")
        .check(classes);
    noClasses()
        .that(
            DescribedPredicate.not(
                resideInAnyPackage("io.gridset.operator..", "io.gridset.csi.kube..")))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.fabric8..")
        .check(classes);
  }

  @Test
  void certificatesAreMadeInOnePackage() {
    noClasses()
        .that(DescribedPredicate.not(resideInAPackage("io.gridset.operator.webhook.certificate..")))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.bouncycastle..")
        .because("what is signed is to be looked at in one place")
        .check(classes);
  }

  @Test
  void hazelcastStaysInOnePackage() {
    noClasses()
        .that(DescribedPredicate.not(resideInAPackage("io.gridset.server.grid..")))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.hazelcast..")
        .because("only public API, in one place, so that an upgrade is one review")
        .check(classes);
  }

  @Test
  void vendorSdksStayInTheirStores() {
    noClasses()
        .that(DescribedPredicate.not(resideInAPackage("io.gridset.server.store..")))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("software.amazon..", "com.aliyun..", "org.jsoup..")
        .check(classes);
  }

  @Test
  void foreignMemoryStaysInTheMappingAndTheTransport() {
    noClasses()
        .that(
            DescribedPredicate.not(
                resideInAnyPackage(
                    "io.gridset.server.cache.mapping..",
                    "io.gridset.server.object.socket..",
                    "io.gridset.arrow.system..",
                    "io.gridset.fuse.kernel..")))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.lang.foreign..")
        .because("a wrong address is a crash; few eyes must check few places")
        .check(classes);
  }
}
