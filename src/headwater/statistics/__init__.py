"""What is done with counts once SQL has reduced millions of rows to them."""
