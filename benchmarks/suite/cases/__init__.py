"""The benchmarks: each module has `run(session) -> list[Result]`, and its first line says what it measures."""
