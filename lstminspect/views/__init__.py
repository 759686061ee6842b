"""Every answer as a document, and the document in every format."""
