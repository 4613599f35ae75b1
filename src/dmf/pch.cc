// Carries the precompiled header that every target of the project reuses.
