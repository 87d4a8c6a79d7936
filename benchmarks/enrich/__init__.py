"""What each step of the enrichment costs per post; each case is a module of its own."""
