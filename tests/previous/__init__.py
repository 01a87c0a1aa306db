"""What gateways of the previous version sent and kept, as bytes that are never made anew; see `recorded`."""
