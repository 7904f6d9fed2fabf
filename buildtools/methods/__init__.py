"""docs/methods: one page for each test, written from its card, with made-up examples."""
