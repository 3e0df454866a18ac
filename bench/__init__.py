"""Compare speed and memory with Terraform and octoDNS on the same shapes, in one run: `make bench`."""
