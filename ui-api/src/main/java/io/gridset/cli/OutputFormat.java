package io.gridset.cli;

import java.util.Locale;

/// How results are printed; the constants' names in lower case are what users write.
enum OutputFormat {
  TABLE,
  WIDE,
  JSON,
  YAML,
  NAME;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
