"""The cache, its blobs and copies enciphered."""
