"""What requests may say. One table for each endpoint checks its requests and describes them in the OpenAPI document."""
