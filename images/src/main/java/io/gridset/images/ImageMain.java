package io.gridset.images;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// `ImageMain BASE NAME TARGET LAYER...`: see [GridsetImage]. Prints the image's id.
public final class ImageMain {
  private static final int LAYERS_FROM = 3;

  private ImageMain() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length <= LAYERS_FROM) {
      System.err.println("ImageMain BASE NAME TARGET LAYER...");
      System.exit(2);
    }
    List<Path> layers = Stream.of(arguments).skip(LAYERS_FROM).map(Path::of).toList();
    GridsetImage image = new GridsetImage(arguments[0], arguments[1], layers);
    System.out.println(image.writeTo(Path.of(arguments[2])));
  }
}
