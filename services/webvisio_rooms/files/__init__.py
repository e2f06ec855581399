"""Where the content of files lies: keys, encrypted blobs, kinds, the virus scanner."""
