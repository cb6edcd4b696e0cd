package io.gridset.csi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.core.dataset.DatasetName;
import io.gridset.csi.VolumeAttributes.Method;
import io.gridset.csi.rpc.RpcException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What a PersistentVolume may say, and what it may not reach.
class VolumeAttributesTest {
  private static final CsiSettings SETTINGS =
      new CsiSettings(
          Path.of("/csi/csi.sock"),
          CsiSettings.DEFAULT_DRIVER_NAME,
          "1",
          "node-1",
          Path.of("/state"),
          Path.of("/runtime-mnt"),
          CleanPolicy.ON_RUNTIME_DELETED);

  private static Map<String, String> attributes(String... more) {
    Map<String, String> all = new HashMap<>();
    all.put("runtime_namespace", "ml");
    all.put("runtime_name", "models");
    for (int i = 0; i < more.length; i += 2) {
      all.put(more[i], more[i + 1]);
    }
    return all;
  }

  private static VolumeAttributes read(String... more) throws RpcException {
    return VolumeAttributes.of(attributes(more), SETTINGS);
  }

  @Test
  void fluidsAttributesAreUnderstood() throws RpcException {
    VolumeAttributes read =
        read(
            "fluid_path", "/runtime-mnt/jindo/ml/models/jindofs-fuse",
            "mount_type", "fuse.jindofs-fuse",
            "fluid_sub_path", "/bert/base",
            "node_publish_method", "symlink",
            "mount_pod_node_selector_key", "fluid.io/f-ml-models");
    assertThat(read.fuse())
        .isEqualTo(
            new FuseVolume(
                new DatasetName("ml", "models"),
                Path.of("/runtime-mnt/jindo/ml/models/jindofs-fuse"),
                "fluid.io/f-ml-models"));
    assertThat(read.subPath()).isEqualTo("bert/base");
    assertThat(read.method()).isEqualTo(Method.SYMLINK);
    assertThat(read.policy()).isEqualTo(CleanPolicy.ON_RUNTIME_DELETED);
  }

  @Test
  void whatIsMissingIsFilledIn() throws RpcException {
    VolumeAttributes read = read("gridset.io/fuse-clean-policy", "OnDemand");
    assertThat(read.fuse().mountPoint())
        .isEqualTo(Path.of("/runtime-mnt/grid/ml/models/grid-fuse"));
    assertThat(read.subPath()).isEmpty();
    assertThat(read.method()).isEqualTo(Method.BIND);
    assertThat(read.policy()).isEqualTo(CleanPolicy.ON_DEMAND);
  }

  @Test
  void noAttributeLeadsOutOfTheMountRootOrTheDataset() {
    List<String[]> wrong =
        List.of(
            new String[] {"fluid_path", "/etc"},
            new String[] {"fluid_path", "/runtime-mnt"},
            new String[] {"fluid_path", "/runtime-mnt/../etc"},
            new String[] {"fluid_path", "/runtime-mntx/a"},
            new String[] {"fluid_path", "runtime-mnt/a"},
            new String[] {"fluid_sub_path", "../other"},
            new String[] {"fluid_sub_path", "a/../../b"},
            new String[] {"fluid_sub_path", "a\0b"},
            new String[] {"mount_type", "../../etc"},
            new String[] {"mount_pod_node_selector_key", "node-role.kubernetes.io/control-plane"},
            new String[] {"mount_pod_node_selector_key", "fluid.io/s-ml-models"},
            new String[] {"mount_pod_node_selector_key", "fluid.io/f-"},
            new String[] {"runtime_name", "../x"},
            new String[] {"runtime_namespace", "a/b"},
            new String[] {"runtime_name", ""},
            new String[] {"gridset.io/fuse-clean-policy", "never"});
    for (String[] attribute : wrong) {
      assertThatThrownBy(() -> read(attribute))
          .as("%s=%s", attribute[0], attribute[1])
          .isInstanceOf(RpcException.class)
          .hasMessageContaining(
              attribute[0].startsWith("gridset") ? "clean policy" : "volume attribute");
    }
  }
}
