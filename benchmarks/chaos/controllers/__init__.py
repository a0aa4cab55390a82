"""The controls that the product is measured against; each is allowed to be as good as it can."""
