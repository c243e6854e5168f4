"""The demo: people, an identity provider for them, three datasets, two projects and their notebooks."""
