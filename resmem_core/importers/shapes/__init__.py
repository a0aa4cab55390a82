"""One module per shape: `detects(document)`, and `messages(document, context)`, both pure."""
